// validatorUrl null: the page asks nobody but its own server.
window.ui = SwaggerUIBundle({
  url: 'openapi.yaml',
  dom_id: '#api',
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list'
});
