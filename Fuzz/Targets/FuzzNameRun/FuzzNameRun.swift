import TidemarkModel
import TidemarkStore

/// Runs of names, as a store has them: the input is one. Names that can be read are written again,
/// and read once more.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNameRun(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var reader = NameRunReader()
  let (names, isWhole) = read(input, &reader)
  precondition(!isWhole || !names.isEmpty, "a run without names")
  var written: [UInt8] = []
  NameRun.append(strings(names), 0..<names.count, to: &written)
  precondition(!isWhole || written.count <= count, "less is shared than could be")
  // With the same reader: nothing of the run before may be left in it.
  let again = read(written, &reader)
  precondition(again.isWhole || names.isEmpty, "a run that was just written is damaged")
  precondition(again.names == names, "names changed on the way")
  return 0
}

/// The names of a run before its first damage.
private func read(
  _ run: [UInt8], _ reader: inout NameRunReader
) -> (names: [[UInt8]], isWhole: Bool) {
  var names: [[UInt8]] = []
  do throws(StoreError) {
    try reader.begin(run.span)
    repeat {
      reader.withName { name in names.append(name.indices.map { name[$0] }) }
    } while try reader.next()
    return (names, true)
  } catch {
    return (names, false)
  }
}

private func strings(_ names: [[UInt8]]) -> OctetStrings {
  var strings = OctetStrings()
  for name in names { strings.append(name) }
  return strings
}
