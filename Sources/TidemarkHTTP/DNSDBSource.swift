import DNSWire
import TidemarkQuery
import TidemarkStore

/// What a DNSDB answer is made of, without its frame.
protocol DNSDBBody: Sendable {
  /// Rows written so far.
  var rows: Int { get }
  /// True while nothing was found.
  var isEmpty: Bool { get }
  /// Damaged rows of the store that were left out.
  var damaged: Int { get }

  /// As ``AnswerSource/advance(_:)``.
  mutating func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End

  /// Appends what only the end of the search can say, unless the store failed.
  mutating func appendLast(to out: inout [UInt8])
}

extension DNSDBBody {
  var isEmpty: Bool { rows == 0 }
}

/// A body in its frame: version 2 says in a first and a last line that the answer began, and how
/// it ended (Streaming API Framing). Version 1 has objects only.
final class DNSDBSource<Body: DNSDBBody>: AnswerSource, @unchecked Sendable {
  private var body: Body
  private let version: DNSDBPath.Version
  private var hasBegun = false

  init(_ body: Body, _ version: DNSDBPath.Version) {
    self.body = body
    self.version = version
  }

  var rows: Int { body.rows }
  var isEmpty: Bool { body.isEmpty }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    if !hasBegun, version == .v2 { ASCII.append("{\"cond\":\"begin\"}\n", to: &piece.octets) }
    hasBegun = true
    return piece.hasRoom ? try body.advance(&piece) : .paused
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    switch (version, end) {
    case (.v1, .exhausted), (.v1, .failed): return false
    case (.v2, .failed): break
    default: body.appendLast(to: &out)
    }
    if version == .v2 { appendLine(end, to: &out) }
    return true
  }

  private func appendLine(_ end: AnswerEnd, to out: inout [UInt8]) {
    var line = JSONLine()
    let damage = body.damaged > 0 ? "\(body.damaged) damaged records were left out" : nil
    switch end {
    case .complete where damage == nil: line.add("cond", "succeeded")
    case .complete:
      line.add("cond", "failed")
      line.add("msg", damage ?? "")
    case .limited, .exhausted(.rows):
      line.add("cond", "limited")
      line.add("msg", "Result limit reached")
    case .exhausted(.octets):
      line.add("cond", "limited")
      line.add("msg", "Size limit of one answer reached")
    case .exhausted(.time):
      line.add("cond", "failed")
      line.add("msg", "Processing timeout; results may be incomplete")
    case .failed(let error):
      line.add("cond", "failed")
      line.add("msg", error.description)
    }
    out.append(contentsOf: line.finished())
  }
}
