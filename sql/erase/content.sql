-- grain: one drop of the batch: what stands for the records that it yields, without those of erased people; ignored lines aside
SELECT drop_no, count() AS records, toString(groupBitXor(sipHash64({{ content_columns }}, {{ identity }}, reasons, line))) AS mark
FROM ({% include "ingest/staged.sql" %})
WHERE reasons != ['ignored']
GROUP BY drop_no
