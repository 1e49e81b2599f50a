{# In DDL behind the name of what it makes. #}
ON CLUSTER {{ cluster }}
