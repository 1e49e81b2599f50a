-- A rollup, and its report.
GRANT {{ on_cluster }} SELECT ON {{ database }}.{{ table }}, SELECT ON {{ database }}.{{ report }} TO {{ role }}
