import { specModule } from '../../spec/embedded.ts';
import { SpecDocument } from '../../spec/module.ts';
import type { Action } from '../command.ts';
import { readInput } from '../input.ts';
import { print } from '../output.ts';
import { renderDiagnostic, sourceOf } from '../render.ts';

/** 0 clean or warnings only, 1 errors found. */
const action: Action = (_context, values, files) => {
  const named = files.length > 0 ? files : ['config.json'];
  const results = named.map((file) => ({
    file,
    diagnostics: new SpecDocument(specModule(), readInput(file)).lint(),
  }));
  if (values.format === 'json') print(`${JSON.stringify({ files: results })}\n`);
  else {
    for (const { file, diagnostics } of results) {
      const source = sourceOf(file);
      print(diagnostics.map((finding) => `${renderDiagnostic(finding, file, source)}\n`).join(''));
    }
  }
  const hasErrors = results.some(({ diagnostics }) => diagnostics.some(({ severity }) => severity === 'error'));
  return hasErrors ? 1 : 0;
};

export default action;
