import HTTPTypes
import Hummingbird
import TidemarkIngest

extension Accounting {
  /// The account as one line of JSON.
  ///
  /// - Parameter duplicate: for batches with an id, whether the batch was known.
  func response(duplicate: Bool?, observations known: UInt64? = nil) -> Response {
    var json = JSONLine()
    if let duplicate { json.add("duplicate", duplicate) }
    json.add("read", read)
    json.add("offered", offered)
    json.add("observations", known ?? observations)
    json.add("stored", stored)
    json.add("merged", merged)
    json.add("filtered", filtered.map { ($0.name, $0.count) })
    json.add("malformed", malformed.map { ($0.name, $0.count) })
    json.add("dropped", dropped.map { ($0.name, $0.count) })
    return Response(
      status: .ok, headers: [.contentType: "application/json"], octets: json.finished(),
      isHead: false)
  }
}
