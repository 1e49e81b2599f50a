GROUP BY {{ columns }}
