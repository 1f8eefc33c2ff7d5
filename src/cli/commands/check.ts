import { basename, resolve } from 'node:path';
import { checkHost, type HostCheck } from '../../container/check/check.ts';
import { OrlopError } from '../../error.ts';
import { type Action, text } from '../command.ts';
import { print } from '../output.ts';
import { renderDiagnostic, sourceOf } from '../render.ts';

/** 0 nothing will stop it, 1 something will, 2 the command line is wrong. */
const action: Action = (context, values) => {
  if (values.host !== true) {
    throw new OrlopError('usage/invalid', 'check: say what to check against', {
      hint: '--host is this machine; "orlop lint" checks the config by itself',
    });
  }
  const bundle = resolve(text(values, 'bundle') ?? '.');
  const file = `${bundle}/config.json`;
  context.configFile = file;
  const check = checkHost({
    id: text(values, 'id') ?? 'ID',
    bundle,
    ignoreUnsupported: context.ignoreUnsupported,
    cgroupManager: context.cgroupManager,
    rootless: context.rootless,
  });
  const stops = check.findings.some(({ severity }) => severity === 'error');
  if (values.json) {
    const { findings: diagnostics, fine } = check;
    print(`${JSON.stringify({ version: 1, bundle, stops, files: [{ file, diagnostics }], fine }, null, 2)}\n`);
  } else print(checkText(check, file, values.verbose === true));
  return stops ? 1 : 0;
};

function checkText({ findings, fine }: HostCheck, file: string, isVerbose: boolean): string {
  const source = sourceOf(file);
  const lines = findings.map((finding) => renderDiagnostic(finding, file, source));
  if (isVerbose) {
    const width = Math.max(...fine.map(({ what }) => what.length));
    lines.push(
      ...fine.map(({ what, path = '' }) => `fine: ${`${what.padEnd(Math.min(width, 72))}  ${path}`.trimEnd()}\n`),
    );
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const name = basename(resolve(file, '..'));
  const verdict =
    errors === 0
      ? `nothing found that will stop ${name} here`
      : `${errors} ${errors === 1 ? 'thing' : 'things'} will stop ${name} here`;
  return `${lines.join('')}${lines.length > 0 ? '\n' : ''}${verdict} (${fine.length} checks passed)\n`;
}

export default action;
