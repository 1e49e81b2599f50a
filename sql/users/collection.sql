-- To let the server read large drops from the bucket itself.
GRANT {{ on_cluster }} NAMED COLLECTION ON {{ collection }}, S3 ON *.* TO {{ role }}
