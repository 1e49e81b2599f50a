-- At most 20 % of a source's records that landed in the last seven days are corrections: more look like ids that are not the events' own.
-- severity: warning
-- remedy: the source's id is probably not the event's own: fix its SQL file, then `ads drops forget` and `ads reload`
-- passes: 0.2
-- source: the ledger; `observed` is the highest share of any source with 100 corrections or more, a sample names these sources
SELECT max(share) AS observed, groupArrayIf(5)(concat(source, ': ', toString(corrected), ' of ', toString(taken)), share > 0.2) AS sample
FROM
(
    SELECT source, sum(records) AS taken, sum(corrections) AS corrected, if(corrected < 100, 0, corrected / taken) AS share
    FROM drops FINAL
    WHERE status = 'loaded' AND landed_day > (SELECT max(landed_day) FROM drops FINAL) - 7
    GROUP BY source
)
