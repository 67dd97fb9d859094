import FoundationEssentials
import TidemarkEnrichment
import TidemarkModel
import TidemarkRegistration

/// A reply in the streaming format of DNSDB's API, version 2: a line with `"cond":"begin"`, lines
/// with `obj`, a line whose `cond` says how it ended. Rows of version 1, without `obj`, are taken
/// as well.
struct DNSDBReply {
  /// How a reply ended.
  enum End: Equatable {
    /// Complete.
    case succeeded
    /// There is more than the server gives.
    case limited(String?)
    /// The server broke off; rows before are valid.
    case failed(String?)
    /// Not at all: the end is missing.
    case missing
  }

  /// Records in the Common Output Format, one object after the other.
  private(set) var rows: [UInt8] = []
  /// Lines that are nothing of the above.
  private(set) var unreadable: Int
  private(set) var end = End.missing
  private let isEmpty: Bool
  private var hasBegun = false
  private var isVersion1 = false
  private var rowCount = 0
  /// Lines that were not looked at.
  private var surplus = 0

  /// Reads the body of a successful response.
  ///
  /// - Parameter rowsMax: behind so many rows only the last line is read, that says how it ended.
  init(_ octets: [UInt8], rowsMax: Int) {
    isEmpty = octets.allSatisfy { "\r\n\t ".utf8.contains($0) }
    let splitter = JSONObjectSplitter(octets.span)
    unreadable = splitter.malformed
    let encoder = JSONEncoder()
    for (index, range) in splitter.objects.enumerated() {
      guard rowCount < rowsMax || index == splitter.objects.count - 1 else {
        surplus += 1
        continue
      }
      guard let line = try? JSONValue.parse(Array(octets[range])) else {
        unreadable += 1
        continue
      }
      take(line, encoder)
    }
  }

  private mutating func take(_ line: JSONValue, _ encoder: JSONEncoder) {
    let message = line["msg"]?.text.flatMap(ServiceWords.plain)
    switch line["cond"]?.text {
    case "begin": hasBegun = true
    case "succeeded": end = .succeeded
    case "limited": end = .limited(message)
    case "failed": end = .failed(message)
    default:
      let object = line["obj"] ?? line
      guard let row = DNSDBRow(object), let text = try? encoder.encode(row) else {
        // Lines without anything only keep a connection alive.
        if line != .object([:]), line["cond"] == nil { unreadable += 1 }
        return
      }
      isVersion1 = isVersion1 || line["obj"] == nil
      rows += text
      rows.append(UInt8(ascii: "\n"))
      rowCount += 1
    }
  }

  /// Why there may be more than the rows; nil when all is there.
  var limitation: String? {
    switch end {
    case .succeeded: surplus > 0 ? "there are more than \(rowCount) rows" : nil
    case .limited(let message): message ?? "the server limits its answers"
    case .failed(let message): message ?? "the server broke off"
    case .missing: isVersion1 || isEmpty ? nil : "the answer breaks off"
    }
  }

  /// The failure that a reply without rows is; nil for rows, and when there simply are none.
  func failure(of response: OutboundResponse) -> ActionFailure? {
    guard rows.isEmpty else { return nil }
    switch end {
    case .succeeded: return nil
    case .missing where isEmpty: return nil
    case .limited, .failed: return ActionFailure(.unavailable, message: limitation ?? "")
    case .missing where hasBegun:
      return ActionFailure(.unavailable, message: "the answer breaks off before the first row")
    case .missing:
      return ServiceWords(response).failure(otherwise: "the answer is none of DNSDB's")
    }
  }
}
