// The page at /docs: Swagger UI, with the document of this service and no other host.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
