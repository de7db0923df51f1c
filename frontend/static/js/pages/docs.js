/** The API's own pages, from the bundle this server serves. */

window.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
