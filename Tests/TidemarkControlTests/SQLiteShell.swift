import Foundation

/// Another program with the same file: Python's SQLite, in a process of its own.
enum SQLiteShell {
  struct Failure: Error {}

  /// Runs statements, and prints the rows of the last one, a line each.
  @discardableResult
  static func run(_ path: String, _ sql: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import sqlite3, sys
      db = sqlite3.connect(sys.argv[1], timeout=10)
      rows = []
      for statement in sys.argv[2].split(";"):
          rows = db.execute(statement).fetchall()
      db.commit()
      for row in rows:
          print(*row)
      """,
      path, sql,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure() }
    return String(decoding: output, as: UTF8.self)
  }
}
