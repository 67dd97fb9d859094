/// A request for each page, as `RouteAccessTests` wants them.
enum WebSamples {
  typealias Sample = RouteAccessTests.Sample

  static let all: [Sample] = [
    Sample(path: "/", target: "/"),
    Sample(path: "/ui", target: "/ui", status: 303),
    Sample(path: "/ui/", target: "/ui/", status: 303),
    Sample(path: "/ui/search", target: "/ui/search?q=www.example.com"),
    Sample(path: "/ui/rows", target: "/ui/rows?q=www.example.com"),
    Sample(path: "/ui/export", target: "/ui/export?q=www.example.com&format=csv"),
    Sample(path: "/ui/timeline", target: "/ui/timeline?q=www.example.com"),
    Sample(path: "/ui/hints", target: "/ui/hints?v=www.example.com"),
    Sample(path: "/ui/pivots", target: "/ui/pivots?q=192.0.2.1"),
    Sample(path: "/ui/graph", target: "/ui/graph?q=www.example.com"),
    Sample(path: "/ui/graph/data", target: "/ui/graph/data?node=www.example.com"),
    Sample(
      path: "/ui/graph/export", target: "/ui/graph/export?q=www.example.com&format=dot"),
    Sample(path: "/ui/bulk", target: "/ui/bulk"),
    // What is sent without a form is refused only after it is known who sends it.
    Sample(path: "/ui/bulk/run", target: "/ui/bulk/run", method: "POST", status: 415),
    Sample(path: "/ui/help", target: "/ui/help"),
    Sample(path: "/ui/service", target: "/ui/service"),
    // Without a library everybody is told that there is none.
    Sample(path: "/ui/indicators", target: "/ui/indicators", status: 503),
    Sample(
      path: "/ui/indicators/export", target: "/ui/indicators/export?format=csv", status: 503),
    Sample(
      path: "/ui/indicators/{type}/{value}", target: "/ui/indicators/fqdn/www.example.com",
      status: 503),
    Sample(path: "/ui/run", target: "/ui/run", method: "POST", status: 415),
    Sample(path: "/ui/results/{id}", target: "/ui/results/a", status: 503),
    Sample(path: "/ui/results/{id}/raw", target: "/ui/results/a/raw", status: 503),
    Sample(path: "/ui/operations", target: "/ui/operations", status: 503),
    Sample(path: "/ui/operations/{id}", target: "/ui/operations/tidemark", status: 503),
    Sample(path: "/ui/assets/{version}/{name}", target: "/ui/assets/0/tidemark.css"),
    // Where no tokens are asked for, nobody signs in.
    Sample(path: "/ui/sign-in", target: "/ui/sign-in"),
    Sample(path: "/ui/sign-out", target: "/ui/sign-out", method: "POST", status: 415),
  ]
}
