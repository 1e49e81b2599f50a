-- grain: one event, identified by (event_date, ids, event_type, event_id): its current row, the last received
-- source: `events`, each day for itself; `drop` and `line_number` name the line that the content came from
-- Right for every client, whatever it has set: FINAL alone filters before it chooses the row when it is told to, and takes an old row for
-- the current one when a limit cuts the reading short.
-- Filters on event_date and event_id read what they would of `events`.
-- Run again: no change.
CREATE OR REPLACE VIEW events_current {{ on_cluster }} AS
SELECT
    event_id, event_time, event_type, campaign_id, ad_id, publisher_id, user_id, country, device, quantity, cost, revenue, attributes,
    event_date, ids, drop, line_number
FROM events FINAL
SETTINGS
    do_not_merge_across_partitions_select_final = 1,
    optimize_move_to_prewhere_if_final = 0,
    read_overflow_mode = 'throw',
    read_overflow_mode_leaf = 'throw',
    apply_deleted_mask = 1
