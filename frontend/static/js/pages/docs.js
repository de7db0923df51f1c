/** The API's own pages, from the bundle this server serves. */

/** @type {any} */ (window).SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null,
});
