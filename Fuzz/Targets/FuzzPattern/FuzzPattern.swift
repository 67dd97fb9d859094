import TidemarkPatterns

/// A pattern and texts: what is refused is refused with a reason, and a search of many joined lines
/// finds what searches of one line each find.
///
/// The first octet says which language, the first line behind it is the pattern, the others are
/// the texts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPattern(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: min(count, 4_096)))
  let lines = input.dropFirst().split(separator: 0x0A, omittingEmptySubsequences: false)
  guard let kind = input.first, let first = lines.first else { return 0 }
  let text = String(decoding: first, as: UTF8.self)
  do throws(PatternError) {
    let pattern = try compile(text, kind)
    try check(pattern, Array(lines.dropFirst()))
  } catch {
    precondition(!error.description.isEmpty, "refused without a reason")
    precondition(error != .outOfMemory, "no memory for a short pattern")
  }
  return 0
}

private func compile(_ text: String, _ kind: UInt8) throws(PatternError) -> Pattern {
  let pattern =
    switch kind % 3 {
    case 0: try Pattern(regex: text)
    case 1: try Pattern(glob: text)
    default: try Pattern(glob: text, over: .rdata)
    }
  precondition(text.utf8.count <= Pattern.charactersMax, "a pattern beyond the limit")
  precondition(text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "not printable")
  return pattern
}

private func check(_ pattern: Pattern, _ texts: [ArraySlice<UInt8>]) throws(PatternError) {
  let joined = TextLines(capacity: 1)
  var expected: [UInt32] = []
  for (index, text) in texts.enumerated() {
    let octets = Array(text)
    joined.append(octets.span)
    if try pattern.matches(octets.span) { expected.append(UInt32(index)) }
  }
  var hits: [UInt32] = []
  try pattern.find(in: joined, &hits)
  precondition(hits == expected, "joined lines and single lines differ")
}
