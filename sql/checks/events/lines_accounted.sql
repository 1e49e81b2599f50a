-- Every line of every loaded drop is accounted for: each yielded records or was ignored; records = accepted + duplicates + corrections +
-- quarantined.
-- The days may count more than a drop accepted: events that an earlier content of it brought, which stay.
-- severity: error
-- remedy: `ads ingest` loads the drop again; if that does not help, report it with `ads drops show NAME --json`
-- source: the ledger, beside what quarantine holds and what the days add up to; a sample names the drops
{% if changed %}WITH changed AS (SELECT drop FROM drops WHERE updated_at >= {since:DateTime64(3, 'UTC')}){% endif %}
SELECT count() AS observed, groupArray(5)(drop) AS sample
FROM
(
    SELECT
        drop,
        sum(lines) AS lines,
        sum(ignored) AS ignored,
        sum(records) AS records,
        sum(parts) AS parts,
        sum(ledger_quarantined) AS in_ledger,
        sum(held) AS in_quarantine,
        sum(ledger_accepted) AS accepted,
        sum(day_accepted) AS accepted_by_days
    FROM
    (
        SELECT
            drop, d.lines AS lines, d.ignored AS ignored, d.records AS records,
            accepted + duplicates + corrections + quarantined AS parts,
            quarantined AS ledger_quarantined, 0 AS held, accepted AS ledger_accepted, 0 AS day_accepted
        FROM drops AS d FINAL
        WHERE status IN ('loaded', 'vanished') {% if changed %}AND drop IN (changed){% endif %}
        UNION ALL
        SELECT drop, 0, 0, 0, 0, 0, count(), 0, 0 FROM quarantine FINAL
        WHERE state != 'released' AND drop IN (SELECT drop FROM drops FINAL WHERE status IN ('loaded', 'vanished')
            {% if changed %}AND drop IN (changed){% endif %}) GROUP BY drop
        UNION ALL
        SELECT drop, 0, 0, 0, 0, 0, 0, 0, sum(a.accepted) FROM drop_days AS a FINAL
        WHERE drop IN (SELECT drop FROM drops FINAL WHERE status IN ('loaded', 'vanished')
            {% if changed %}AND drop IN (changed){% endif %}) GROUP BY drop
    )
    GROUP BY drop
    HAVING records != parts OR lines < ignored OR lines - ignored > records OR (lines = ignored AND records > 0)
        OR in_ledger != in_quarantine OR accepted > accepted_by_days
)
