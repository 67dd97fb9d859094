import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// Imports into a store, in the order in which files come in real life: again, packed, renamed,
/// longer, interrupted, damaged.
@Suite struct ImportRunTests {
  private let content = ImportSample.cof(0..<100)

  @Test func storesEveryRecordOnce() throws {
    let bench = try ImportBench()
    let report = try bench.run(content)
    #expect(report.format == .cof)
    #expect(report.damage == nil)
    #expect(report.skipped == 0)
    #expect(report.accounting.read == 100)
    #expect(report.accounting.stored == 90)
    #expect(report.accounting.merged == 10)
    let sums = try bench.sums()
    #expect(sums.records == 90)
    #expect(sums.count == 200)
    #expect(sums.checkpoints == 1)
  }

  // MARK: - The same content again

  @Test func addsNothingTheSecondTime() throws {
    let bench = try ImportBench()
    _ = try bench.run(content)
    let before = try bench.rows()
    let report = try bench.run(content)
    #expect(report.skipped == 100)
    #expect(report.accounting.read == 0)
    #expect(report.accounting.offered == 0)
    #expect(report.accounting.observations == 0)
    #expect(try bench.rows() == before)
  }

  @Test(arguments: ByteSourceTests.tools)
  func addsNothingWhenPackedOrRenamed(_ tool: [String]) throws {
    let bench = try ImportBench()
    _ = try bench.run(content)
    let before = try bench.rows()
    let packed = try bench.folder.pack(content, with: tool)
    #expect(try bench.run(packed, name: "packed").skipped == 100)
    #expect(try bench.run(content, name: "another-name").skipped == 100)
    #expect(try bench.rows() == before)
  }

  @Test func countsAnotherContentAgain() throws {
    let bench = try ImportBench()
    _ = try bench.run(content)
    // The same records in other lines: another source, which saw them as well.
    let report = try bench.run(ImportSample.cof(1..<90))
    #expect(report.skipped == 0)
    #expect(report.accounting.stored == 0)
    #expect(report.accounting.merged == 89)
    #expect(try bench.sums().count == 200 + 178)
    #expect(try bench.sums().checkpoints == 2)
  }

  @Test(arguments: [1, 2, 3, 10, 99])
  func addsOnlyTheLinesThatAreNew(_ lines: Int) throws {
    let bench = try ImportBench()
    _ = try bench.run(ImportSample.cof(0..<lines))
    let report = try bench.run(content)
    #expect(report.skipped == UInt64(lines))
    #expect(report.accounting.read == UInt64(100 - lines))
    #expect(report.accounting.offered == UInt64(100 - lines))
    let undisturbed = try ImportBench()
    _ = try undisturbed.run(content)
    let families: [StoreFamily] = [.records, .inverse, .names]
    #expect(try bench.rows(families) == undisturbed.rows(families))
    #expect(try bench.sums().checkpoints == 1)
  }

  @Test func readsALineThatWasCutWhenItIsWhole() throws {
    let bench = try ImportBench()
    let report = try bench.run(Array(content.dropLast(40)))
    #expect(report.damage?.contains("ends in the middle of a record") == true)
    #expect(report.accounting.read == 99)
    let rest = try bench.run(content)
    #expect(rest.skipped == 99)
    #expect(rest.accounting.read == 1)
    #expect(rest.damage == nil)
    let undisturbed = try ImportBench()
    _ = try undisturbed.run(content)
    #expect(try bench.rows() == undisturbed.rows())
  }

  // MARK: - Interruptions

  @Test func storesNothingWhenTheOnlyWriteFails() throws {
    let bench = try ImportBench()
    let before = try bench.rows()
    #expect(throws: ImportBench.Interruption.self) { try bench.run(content, failingAt: 1) }
    #expect(try bench.rows() == before)
    #expect(try bench.run(content).accounting.read == 100)
  }

  @Test func goesOnBehindEachOfManyInterruptions() throws {
    let bench = try ImportBench()
    for lines in stride(from: 10, through: 100, by: 6) {
      let part = ImportSample.cof(0..<lines)
      let before = try bench.rows()
      #expect(throws: ImportBench.Interruption.self) { try bench.run(part, failingAt: 1) }
      #expect(try bench.rows() == before)
      #expect(try bench.run(part).accounting.read == (lines == 10 ? 10 : 6))
    }
    let undisturbed = try ImportBench()
    _ = try undisturbed.run(content)
    #expect(try bench.rows() == undisturbed.rows())
  }

  /// The source fills one batch and a little of the next; the second write fails.
  @Test func goesOnBehindTheBatchThatWasWritten() throws {
    let lines = 1_100
    let undisturbed = try ImportBench()
    let path = try undisturbed.folder.write(ImportSample.largeCOF(lines), "large")
    #expect(try undisturbed.run(path: path).accounting.stored == UInt64(lines - 3))
    let bench = try ImportBench()
    #expect(throws: ImportBench.Interruption.self) { try bench.run(path: path, failingAt: 2) }
    let kept = try bench.sums()
    #expect(kept.records > 1_000)
    #expect(kept.checkpoints == 1)
    let report = try bench.run(path: path)
    #expect(report.skipped == UInt64(kept.records))
    #expect(report.accounting.read == UInt64(lines) - report.skipped)
    let isEqual = try bench.rows() == undisturbed.rows()
    #expect(isEqual, "the store differs from that of an undisturbed run")
  }

  // MARK: - Other readings of a source

  @Test func takesAnotherDatasetForAnotherSource() throws {
    let bench = try ImportBench()
    let other = try bench.registry.addDataset("other")
    _ = try bench.run(content)
    let report = try bench.run(content, dataset: other)
    #expect(report.skipped == 0)
    #expect(report.accounting.stored == 90)
    #expect(try bench.sums().records == 180)
    #expect(try bench.run(content, dataset: other).skipped == 100)
    #expect(try bench.run(content).skipped == 100)
  }

  @Test func numbersTheSensorsThatAFeedNames() throws {
    let bench = try ImportBench()
    _ = try bench.registry.addSensor("first")
    _ = try bench.run(ImportSample.cof(0..<5, sensor: "north"))
    _ = try bench.run(ImportSample.cof(0..<6, sensor: "south"))
    _ = try bench.run(ImportSample.cof(0..<7))
    let north = try #require(bench.registry.sensor("north"))
    let south = try #require(bench.registry.sensor("south"))
    #expect(north != south)
    let seen = try bench.rows([.records])[0].values.map {
      try RecordValue(decoding: $0.span).sensors.numbers
    }
    let all = [0, north, south].sorted()
    #expect(seen.filter { $0 == all }.count == 5)
    #expect(seen.filter { $0 == [0, south].sorted() }.count == 1)
    #expect(seen.filter { $0 == [0] }.count == 1)
  }

  @Test func keepsItsOwnSensorWhenToldTo() throws {
    let bench = try ImportBench()
    let own = try bench.registry.addSensor("own")
    _ = try bench.run(ImportSample.cof(0..<5, sensor: "north")) {
      $0.takesSensorsFromFeed = false
      $0.origin.sensor = own
    }
    #expect(bench.registry.sensor("north") == nil)
    let values = try bench.rows([.records])[0].values
    for value in values {
      #expect(try RecordValue(decoding: value.span).sensors.numbers == [own])
    }
    #expect(values.count == 5)
  }

  // MARK: - Damage

  @Test func reportsAWrongFormatAndStoresNothing() throws {
    let text = Array(
      "1750000000.1||192.0.2.1||192.0.2.53||IN||a.example.||A||192.0.2.9||60||1\n".utf8)
    let bench = try ImportBench()
    let before = try bench.rows()
    let report = try bench.run(text) { $0.format = .cof }
    #expect(report.damage?.contains("nothing in it is cof") == true)
    #expect(report.accounting.observations == 0)
    #expect(try bench.run(content, name: "lines") { $0.format = .pcap }.damage != nil)
    #expect(try bench.run(content, name: "lines") { $0.format = .passivedns }.damage != nil)
    #expect(try bench.rows() == before)
    #expect(throws: UnknownFormat.self) { try bench.run(Array("no format\n".utf8)) }
    // What was refused does not stand in the way of the right format.
    #expect(try bench.run(text).accounting.stored == 1)
    #expect(try bench.run(content, name: "lines").accounting.read == 100)
  }

  @Test func countsLinesThatCannotBeRead() throws {
    let bench = try ImportBench()
    let report = try bench.run(content + Array("{\"rrname\":\"a.example\"}\n{]\n".utf8))
    #expect(report.damage == nil)
    #expect(report.accounting.offered == 102)
    #expect(Accounting.sum(report.accounting.malformed) == 2)
    #expect(try bench.sums().records == 90)
  }

  @Test func readsNothingFromAnEmptySource() throws {
    let bench = try ImportBench()
    let report = try bench.run([])
    #expect(report.format == nil)
    #expect(report.accounting == Accounting())
    #expect(try bench.sums().checkpoints == 0)
  }

  @Test func keepsWhatComesBeforeTheCutOfACapture() throws {
    let (whole, lastRecord) = ImportSample.capture(0..<20)
    for cut in [lastRecord + 1, lastRecord + 15, lastRecord + 16, whole.count - 1] {
      let bench = try ImportBench()
      let report = try bench.run(Array(whole[..<cut]))
      #expect(report.format == .pcap)
      #expect(report.damage?.contains("octet \(lastRecord)") == true, "\(report.damage ?? "none")")
      #expect(report.accounting.read == 39)
      #expect(report.accounting.stored == 19)
      let rest = try bench.run(whole)
      #expect(rest.skipped == 39)
      #expect(rest.accounting.read == 1)
      #expect(rest.accounting.stored == 1)
      #expect(rest.damage == nil)
      let undisturbed = try ImportBench()
      _ = try undisturbed.run(whole)
      #expect(try bench.rows() == undisturbed.rows(), "cut at \(cut)")
    }
  }

  @Test func addsOnlyTheNewPacketsOfACaptureThatGrew() throws {
    let bench = try ImportBench()
    let whole = ImportSample.capture(0..<60).octets
    _ = try bench.run(ImportSample.capture(0..<45).octets)
    let report = try bench.run(try bench.folder.pack(whole, with: ["gzip", "-c"]))
    #expect(report.skipped == 90)
    #expect(report.accounting.stored == 15)
    #expect(try bench.sums().count == 60)
    #expect(try bench.run(whole).accounting.offered == 0)
    #expect(try bench.sums().count == 60)
  }

  @Test func keepsWhatADamagedPackedFileStillGives() throws {
    let bench = try ImportBench()
    let lines = ImportSample.cof(0..<5_000)
    let packed = try bench.folder.pack(lines, with: ["gzip", "-c"])
    let report = try bench.run(Array(packed[..<(packed.count / 2)]), name: "cut")
    #expect(report.damage != nil)
    #expect(report.accounting.read > 0)
    let rest = try bench.run(packed)
    #expect(rest.skipped == report.accounting.read)
    #expect(rest.skipped + rest.accounting.read == 5_000)
    #expect(try bench.sums().count == 10_000)
  }
}
