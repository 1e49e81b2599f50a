-- A rollup, its report, and what says whether it is set apart.
GRANT {{ on_cluster }} SELECT ON {{ database }}.state, SELECT ON {{ database }}.{{ table }}, SELECT ON {{ database }}.{{ report }} TO {{ role }}
