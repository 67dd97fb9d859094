import TidemarkIngest
import TidemarkModel

/// What a server of COF sends over a WebSocket: frames to messages, messages to chunks with
/// positions, chunks to rows. The first octet says whether the feed has positions.
///
/// A frame of the input is its first octet as on the wire, a length (its highest bit stands for the
/// mask, the next for a long one) and its payload.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWebSocket(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let hasPositions = input[0] & 1 == 1
  let text = messages(Array(input[1...]))
  let cut = text.isEmpty ? 0 : Int(input[0]) * text.count / 256
  let whole = chunks([text], hasPositions: hasPositions)
  let pieces = chunks([Array(text[..<cut]), Array(text[cut...])], hasPositions: hasPositions)
  precondition(
    whole.confirmed == pieces.confirmed && whole.isFaulty == pieces.isFaulty,
    "chunks depend on where the feed is cut")
  read(whole.all)
  return 0
}

/// Low limits, so that the fuzzer finds what happens beyond them.
private let messageOctetsMax = 4_096

/// All messages of the frames, one behind another.
private func messages(_ input: [UInt8]) -> [UInt8] {
  var messages = WebSocketMessages(messageOctetsMax: messageOctetsMax)
  var text: [UInt8] = []
  var at = 0
  while at + 2 <= input.count {
    let (first, length) = (input[at], Int(input[at + 1]))
    let octets = length & 0x40 == 0 ? length & 0x3F : (length & 0x3F) << 6
    let payload = Array(input[(at + 2)..<min(input.count, at + 2 + octets)])
    at += 2 + payload.count
    do throws(WebSocketMessages.Fault) {
      let step = try messages.take(
        opcode: first & 0x0F, isFinal: first & 0x80 != 0, hasReservedBits: first & 0x70 != 0,
        isMasked: length & 0x80 != 0, payload: payload.span)
      if step == .message { text += messages.message }
      if case .close = step { return text }
    } catch {
      precondition([1_002, 1_009].contains(error.closeCode), "another status")
      return text
    }
    precondition(messages.message.count <= messageOctetsMax + 1, "a message beyond the limit")
  }
  return text
}

private struct Chunks {
  /// Positions with what lies before them; from the first on, if the feed is not known to have any.
  var confirmed: [[UInt8]] = []
  var all: [[UInt8]] = []
  var isFaulty = false
}

private func chunks(_ pieces: [[UInt8]], hasPositions: Bool) -> Chunks {
  var limits = PositionedLines.Limits()
  limits.lineOctetsMax = 512
  limits.chunkOctetsMax = 2_048
  limits.rowsMax = 16
  var lines = PositionedLines(sendsPositions: hasPositions, limits: limits)
  var found = Chunks()
  func add(_ step: PositionedLines.Step) -> Bool {
    if case .ended = step { return true }
    guard case .chunk(let position) = step else { return false }
    precondition(lines.sendsPositions || position == nil, "a position of a plain feed")
    if let position {
      // Before the first position of a plain feed, what was given depends on the pieces.
      let isWhole = hasPositions || !found.confirmed.isEmpty
      found.confirmed.append(isWhole ? Array("\(position) ".utf8) + lines.chunk : [])
    }
    found.all.append(lines.chunk)
    return true
  }
  do throws(PositionedLines.Fault) {
    for piece in pieces {
      var at = 0
      while add(try lines.next(piece.span, at: &at)) {}
      precondition(at == piece.count, "a used piece has octets left")
    }
    while add(lines.finish()) {}
    precondition(!lines.holdsRows, "rows left at the end")
  } catch {
    precondition(lines.sendsPositions, "a plain feed can always be read")
    found.isFaulty = true
  }
  return found
}

/// Rows of all chunks, each a feed that ends: whatever it is, every item is accounted for.
private func read(_ chunks: [[UInt8]]) {
  let settings = SourceSettings(
    origin: ObservationOrigin(dataset: .main, sensor: 0, vantage: .client), now: 1_800_000_000)
  var decoder = TextDecoder(COFFeed(now: 1_800_000_000), settings: settings)
  let batch = RecordBatch()
  var truncated: UInt64 = 0
  for chunk in chunks {
    var at = 0
    do throws(ImportError) {
      while try decoder.decode(chunk.span, at: &at, isFinal: true, into: batch) == .batchIsFull {}
    } catch {
      truncated += 1
    }
  }
  var account = Accounting()
  decoder.account(into: &account)
  account.stored = batch.observations
  precondition(account.isBalanced, "an account that does not balance")
  precondition(decoder.items + truncated >= account.read, "items without end")
}
