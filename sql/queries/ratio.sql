{# A ratio of merged metrics; null where it would divide by zero.
-- column ctr: Click-through rate: clicks / impressions
-- column cvr: Conversion rate: conversions / clicks
-- column cpm: Cost per 1,000 impressions
-- column cpc: Cost per click
-- column cpa: Cost per conversion
-- column roas: Return on ad spend: revenue / cost
#}
toFloat64({{ above }}) * {{ factor }} / nullIf(toFloat64({{ below }}), 0) AS {{ ratio }}
