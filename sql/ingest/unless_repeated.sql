AND key NOT IN (SELECT key FROM {{ repeats }})
