ORDER BY {{ columns }}
