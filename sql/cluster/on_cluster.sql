ON CLUSTER {{ cluster }}
