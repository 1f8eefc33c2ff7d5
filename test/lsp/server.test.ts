// orlop lsp with a real client over real pipes, in every build. What comes is held against the protocol's own types.

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import {
  CompletionItemKind,
  DiagnosticSeverity,
  DiagnosticTag,
  InsertTextFormat,
} from 'vscode-languageserver-protocol/node';
import { CLEAN, DOUBTFUL, FAULTY, MISSPELT, withMount } from '../cli/lint/calling.ts';
import { file, lint } from '../lint/linting.ts';
import { builds, fastest } from '../system/support/orlop.ts';
import { Editor } from './editor.ts';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'orlop-lsp-')));
const path = (name: string): string => join(directory, name);
const editors: Editor[] = [];

afterEach(() => {
  for (const editor of editors.splice(0)) editor.kill();
});
afterAll(() => rmSync(directory, { recursive: true }));

function start(build = fastest(), args?: string[]): Editor {
  const editor = new Editor(build, directory, args);
  editors.push(editor);
  return editor;
}

async function started(...how: Parameters<typeof start>): Promise<Editor> {
  const editor = start(...how);
  await editor.initialize();
  return editor;
}

const codes = (diagnostics: { code?: string | number | undefined }[]): unknown[] => diagnostics.map(({ code }) => code);
const everything = file('fixtures/configs/everything.json');

describe.each(builds())('$name', (build) => {
  test('a session, from its beginning to its end', async () => {
    const editor = start(build);
    const { capabilities, serverInfo } = await editor.initialize();
    expect(serverInfo?.name).toBe('orlop');
    expect(capabilities).toMatchObject({
      positionEncoding: 'utf-16',
      textDocumentSync: { change: 2, openClose: true },
    });

    const uri = await editor.open(path('config.json'), FAULTY);
    const [finding] = await editor.diagnostics(uri);
    expect(finding).toMatchObject({ code: 'OCI302', source: 'orlop', severity: DiagnosticSeverity.Error });
    expect(finding?.codeDescription?.href).toMatch(/^https:.*config\.md#mounts$/);
    const at = editor.document(uri).offsetAt(finding?.range.start ?? { line: 0, character: 0 });

    expect(await editor.hover(uri, at + 1)).toMatch(/\/mounts\/\*.*OCI302/s);
    const [fix] = await editor.actions(uri, at, ['quickfix']);
    expect(fix).toMatchObject({ isPreferred: true, kind: 'quickfix', diagnostics: [{ code: 'OCI302' }] });
    const fixed = editor.applied(fix as NonNullable<typeof fix>, uri);
    expect(lint(fixed).map(({ rule }) => rule)).not.toContain('OCI302');

    await editor.change(uri, [{ text: fixed }]);
    expect(codes(await editor.diagnostics(uri))).not.toContain('OCI302');
    expect((await editor.symbols(uri)).map(({ name }) => name)).toEqual(Object.keys(JSON.parse(fixed)));
    const items = await editor.complete(uri, fixed.indexOf('"destination"') + 1);
    expect(items.map(({ label }) => label)).toContain('uidMappings');
    expect(await editor.end()).toBe(0);
  });

  test('goes with its editor', async () => {
    const gone = await started(build);
    gone.child.stdin.end();
    expect(await gone.exit()).toBe(1);

    const rude = await started(build);
    await rude.connection.sendNotification('exit');
    expect(await rude.exit()).toBe(1);

    const quiet = start(build);
    quiet.child.stdin.end();
    expect(await quiet.exit()).toBe(1);
  });

  test('what is no message ends it, or is passed over', async () => {
    const editor = await started(build);
    const uri = await editor.open(path('config.json'), CLEAN);
    await editor.diagnostics(uri);
    const send = (body: string): void => {
      editor.child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    send('{"jsonrpc":"2.0","id":900,"method":"textDocument/nonsense","params":{}}');
    send('{"jsonrpc":"2.0","method":"textDocument/hover","params":{"textDocument":{"uri":"file:///nowhere"}}}');
    send('{"jsonrpc":"2.0","id":901,"method":"textDocument/hover","params":null}');
    send(
      '{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///no","version":1},"contentChanges":[]}}',
    );
    send('[1,2,3]');
    expect(await editor.hover(uri, CLEAN.indexOf('"root"') + 1)).toContain('/root');
    expect(await editor.end()).toBe(0);
  });
});

test('the options that editors name change nothing', async () => {
  const pid = String(process.pid);
  const ways = [
    ['lsp'],
    ['lsp', '--stdio'],
    ['lsp', '--stdio', `--clientProcessId=${pid}`],
    ['lsp', '--clientProcessId', pid],
  ];
  for (const args of ways) {
    const editor = await started(fastest(), args);
    expect(await editor.end()).toBe(0);
  }
});

describe('diagnostics', () => {
  test('are those of lint, for every writer and for what has every field', async () => {
    const editor = await started();
    for (const name of ['runc', 'crun', 'docker', 'everything']) {
      const text = file(`fixtures/configs/${name}.json`);
      const uri = await editor.open(path(`${name}/config.json`), text);
      const expected = lint(text).map((one) => [
        one.rule,
        one.line - 1,
        one.column - 1,
        one.endLine - 1,
        one.endColumn - 1,
      ]);
      const found = (await editor.diagnostics(uri)).map(({ code, range }) => [
        code,
        range.start.line,
        range.start.character,
        range.end.line,
        range.end.character,
      ]);
      expect(found, name).toEqual(expected);
    }
    expect(await editor.end()).toBe(0);
  });

  test('follow each key', async () => {
    const editor = await started();
    const uri = await editor.open(path('config.json'), CLEAN);
    expect(await editor.diagnostics(uri)).toEqual([]);
    const at = CLEAN.indexOf('"cwd"') + 1;
    await editor.type(uri, at, at + 3, 'cdw');
    expect(codes(await editor.diagnostics(uri)).sort()).toEqual(['OCI003', 'OCI015']);
    await editor.type(uri, at, at + 3, 'cwd');
    expect(await editor.diagnostics(uri)).toEqual([]);
    // Letter by letter: what has gone by before it was its turn is not checked.
    for (const letter of '"zz": 1, ') await editor.type(uri, at - 1, at - 1, letter);
    const { version } = editor.document(uri);
    await editor.diagnostics(uri);
    expect(editor.published.at(-1)).toMatchObject({ uri, version });
    expect(await editor.end()).toBe(0);
  });

  test('of what is not JSON yet are its fault and those of the rest', async () => {
    const editor = await started();
    const text = MISSPELT.replace('"root"', '"pro\n  "root"');
    const uri = await editor.open(path('config.json'), text);
    const found = await editor.diagnostics(uri);
    expect(codes(found)).toEqual(['OCI001', 'OCI306']);
    const { range } = found[1] as (typeof found)[number];
    expect(editor.document(uri).getText(range)).toBe('"nosiud"');
    // A fix would be for another text.
    expect(await editor.actions(uri, text.indexOf('nosiud'), ['source.fixAll'])).toEqual([]);

    for (const broken of [
      '',
      '{',
      '{"ociVersion"',
      '[',
      '"',
      '{"process": {"args": [',
      '\u0000',
      '{"a": 1}}',
      'x'.repeat(100),
    ]) {
      await editor.change(uri, [{ text: broken }]);
      const all = codes(await editor.diagnostics(uri));
      if (all.length > 0) expect(all[0], broken).toBe('OCI001');
    }
    expect(await editor.end()).toBe(0);
  });

  test('count as editors do: UTF-16, whatever ends a line, with a byte order mark', async () => {
    const editor = await started();
    const config = withMount({ destination: '/é😀𝒳', type: 'tmpfs', source: 'ü', options: ['size=1m', 'nosiud'] });
    const oneLine = JSON.stringify(JSON.parse(config));
    const texts = [config, oneLine, config.replaceAll('\n', '\r\n'), `\uFEFF${oneLine}`, `\uFEFF${config}`];
    for (const [index, text] of texts.entries()) {
      const uri = await editor.open(path(`${index}/config.json`), text);
      const found = (await editor.diagnostics(uri)).find(({ code }) => code === 'OCI306');
      expect(found && editor.document(uri).getText(found.range)).toBe('"nosiud"');
      const [fix] = await editor.actions(uri, text.indexOf('nosiud'), ['quickfix']);
      expect(editor.applied(fix as NonNullable<typeof fix>, uri)).toBe(text.replace('nosiud', 'nosuid'));
      // Before and behind such letters, one key at a time.
      const at = text.indexOf('"size=1m"') + 1;
      await editor.type(uri, at, at, '😀');
      await editor.type(uri, at, at + 2, '');
      expect(editor.text(uri)).toBe(text);
      const again = (await editor.diagnostics(uri)).find(({ code }) => code === 'OCI306');
      expect(again?.range).toEqual(found?.range);
      await editor.close(uri);
    }
    expect(await editor.end()).toBe(0);
  });

  test('a byte order mark can be taken off', async () => {
    const editor = await started();
    const uri = await editor.open(path('config.json'), `\uFEFF${CLEAN}`);
    expect(codes(await editor.diagnostics(uri))).toEqual(['OCI013']);
    const [fix] = await editor.actions(uri, 0, ['quickfix']);
    expect(editor.applied(fix as NonNullable<typeof fix>, uri)).toBe(CLEAN);
    expect(await editor.end()).toBe(0);
  });

  test('have what they speak of beside them, and tags', async () => {
    const editor = await started();
    const config = JSON.parse(CLEAN);
    config.windows = {};
    config.hooks = { prestart: [{ path: '/bin/true', timeout: 1 }] };
    config.process.env = ['A=1', 'A=2'];
    const uri = await editor.open(path('config.json'), JSON.stringify(config, null, 2));
    const found = await editor.diagnostics(uri);
    const of = (code: string) => found.find((one) => one.code === code);
    expect(of('OCI012')?.tags).toEqual([DiagnosticTag.Unnecessary]);
    expect(of('OCI702')?.tags).toEqual([DiagnosticTag.Deprecated]);
    const [related] = of('OCI106')?.relatedInformation ?? [];
    expect(related?.location.uri).toBe(uri);
    expect(related && editor.document(uri).getText(related.location.range)).toMatch(/^"A=[12]"$/);

    const simple = start();
    await simple.initialize({});
    const again = await simple.open(path('config.json'), JSON.stringify(config, null, 2));
    expect((await simple.diagnostics(again)).every((one) => one.relatedInformation === undefined)).toBe(true);
    expect(await simple.end()).toBe(0);
    expect(await editor.end()).toBe(0);
  });

  test('are for configs, and go when they are closed', async () => {
    const editor = await started();
    const foreign = await editor.open(path('package.json'), '{"name": "x", "version": 3}');
    const other = await editor.open(path('other/config.json'), '{"apiKey": "x"}');
    const named = await editor.open(path('some-name.json'), FAULTY);
    const scratch = await editor.open('untitled:Untitled-1', FAULTY);
    const empty = await editor.open(path('new/config.json'), '');
    expect(await editor.diagnostics(foreign)).toEqual([]);
    expect(await editor.diagnostics(other)).toEqual([]);
    expect(codes(await editor.diagnostics(named))).toContain('OCI302');
    expect(codes(await editor.diagnostics(scratch))).toContain('OCI302');
    expect(codes(await editor.diagnostics(empty))).toEqual(['OCI001']);
    expect(await editor.hover(foreign, 3)).toBeUndefined();
    expect(await editor.complete(foreign, 1)).toEqual([]);
    expect(await editor.symbols(foreign)).toEqual([]);
    await editor.close(named);
    const last = await editor.next(({ uri, version }) => uri === named && version === undefined);
    expect(last.diagnostics).toEqual([]);
    expect(await editor.end()).toBe(0);
  });

  test('of two documents do not mix', async () => {
    const editor = await started();
    const [one, two] = [
      await editor.open(path('a/config.json'), FAULTY),
      await editor.open(path('b/config.json'), MISSPELT),
    ];
    await editor.type(one, 1, 1, ' ');
    await editor.type(two, 1, 1, ' ');
    expect(codes(await editor.diagnostics(one))).toContain('OCI302');
    expect(codes(await editor.diagnostics(two))).toEqual(['OCI306']);
    await editor.close(one);
    await editor.type(two, 1, 1, ' ');
    expect(codes(await editor.diagnostics(two))).toEqual(['OCI306']);
    expect(await editor.end()).toBe(0);
  });
});

describe('actions', () => {
  test('what is not safe says so, and is not taken for the best', async () => {
    const editor = await started();
    const uri = await editor.open(path('config.json'), MISSPELT);
    const [fix] = await editor.actions(uri, MISSPELT.indexOf('nosiud'));
    expect(fix).toMatchObject({ isPreferred: false, title: expect.stringContaining('unsafe') });
    expect(await editor.end()).toBe(0);
  });

  test('all safe fixes at once are those of lint --fix', async () => {
    const editor = await started();
    const config = JSON.parse(FAULTY);
    config.mounts.push({ ...JSON.parse(DOUBTFUL).mounts[0], destination: 'other' });
    config.mounts.push({ ...JSON.parse(MISSPELT).mounts[0], destination: '/third' });
    const text = JSON.stringify(config, null, 2);
    const uri = await editor.open(path('config.json'), text);
    for (const only of [undefined, ['source'], ['source.fixAll'], ['source.fixAll.orlop']]) {
      const all = (await editor.actions(uri, 0, only)).find(({ kind }) => kind === 'source.fixAll.orlop');
      const fixed = editor.applied(all as NonNullable<typeof all>, uri);
      expect(lint(fixed).map(({ rule }) => rule)).toEqual(['OCI306']);
    }
    expect(await editor.actions(uri, 0, ['refactor'])).toEqual([]);
    expect(await editor.end()).toBe(0);
  });

  test('every fix of every rule is that of lint', async () => {
    const editor = await started();
    let fixes = 0;
    for (const name of ['OCI302', 'OCI012', 'OCI306', 'OCI304', 'OCI404', 'OCI702']) {
      const text = file(`fixtures/rules/${name}/bad.json`);
      const uri = await editor.open(path(`${name}/config.json`), text);
      await editor.diagnostics(uri);
      for (const { fix, rule } of lint(text).filter((one) => one.rule === name && one.fix)) {
        const bytes = Buffer.from(text);
        const expected = (fix?.edits ?? []).reduceRight(
          (done, edit) =>
            Buffer.concat([done.subarray(0, edit.start), Buffer.from(edit.text), done.subarray(edit.end)]),
          bytes,
        );
        const at = bytes.subarray(0, fix?.edits[0]?.start ?? 0).toString().length;
        const actions = await editor.actions(uri, at, ['quickfix']);
        const others = lint(text).find((one) => one.rule === rule);
        const place = editor
          .document(uri)
          .offsetAt({ line: (others?.line ?? 1) - 1, character: (others?.column ?? 1) - 1 });
        const all = [...actions, ...(await editor.actions(uri, place, ['quickfix']))];
        expect(
          all.map((action) => editor.applied(action, uri)),
          name,
        ).toContain(expected.toString());
        fixes++;
      }
      await editor.close(uri);
    }
    expect(fixes).toBeGreaterThan(2);
    expect(await editor.end()).toBe(0);
  });
});

describe('.orlop.json', () => {
  const home = path('project');
  const options = join(home, '.orlop.json');
  const config = join(home, 'bundle/config.json');
  mkdirSync(join(home, 'bundle'), { recursive: true });
  const configure = (content: object | string): void =>
    writeFileSync(options, typeof content === 'string' ? content : JSON.stringify(content));
  afterEach(() => rmSync(options, { force: true }));

  test('says what is checked, and is read again when it is saved or changed', async () => {
    configure({ rules: { OCI306: 'error' } });
    const editor = await started();
    const uri = await editor.open(config, MISSPELT);
    expect(await editor.diagnostics(uri)).toMatchObject([{ code: 'OCI306', severity: DiagnosticSeverity.Error }]);
    await expect.poll(() => editor.registered).toContain('workspace/didChangeWatchedFiles');

    configure({ rules: { OCI306: 'off' } });
    let since = editor.published.length;
    await editor.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: pathToFileURL(options).href, type: 2 }],
    });
    expect(await editor.diagnostics(uri, since)).toEqual([]);

    configure({ rules: { OCI306: 'info' } });
    const own = await editor.open(options, readFileSync(options, 'utf8'));
    since = editor.published.length;
    await editor.save(own);
    expect(await editor.diagnostics(uri, since)).toMatchObject([{ severity: DiagnosticSeverity.Information }]);
    expect(await editor.end()).toBe(0);
  });

  test('that is wrong is told there, and where it is needed', async () => {
    configure('{"presett": "strict"}');
    const editor = await started();
    const uri = await editor.open(config, MISSPELT);
    const [told] = await editor.diagnostics(uri);
    expect(told?.message).toMatch(/^not checked: .*\.orlop\.json is wrong: "presett"/);
    const own = await editor.open(options, readFileSync(options, 'utf8'));
    expect(await editor.diagnostics(own)).toMatchObject([
      { code: 'OCI003', range: { start: { line: 0, character: 1 } } },
    ]);
    expect(await editor.end()).toBe(0);
  });

  test('is completed and explained', async () => {
    const editor = await started();
    const text = '{"preset": "", "rules": {"OCI302": "", ""}, "ignores": [{"rule": "OCI905"}]}';
    const uri = await editor.open(options, text);
    const labels = async (offset: number) => (await editor.complete(uri, offset)).map(({ label }) => label);
    expect(await labels(text.indexOf('""') + 1)).toContain('hardened');
    expect(await labels(text.indexOf('"", ""') + 1)).toEqual(['off', 'info', 'warn', 'error']);
    const rules = await labels(text.indexOf('""}') + 1);
    expect(rules).toContain('OCI905');
    expect(rules).not.toContain('OCI302');
    expect(await editor.hover(uri, text.indexOf('OCI302'))).toContain('bind-without-option');
    expect(await editor.hover(uri, text.indexOf('OCI905'))).toContain('no-seccomp');
    expect(await editor.end()).toBe(0);
  });

  test('takes an ignore, whatever is in it', async () => {
    const editor = await started();
    const uri = await editor.open(config, MISSPELT);
    await editor.diagnostics(uri);
    const own = pathToFileURL(join(home, 'bundle/.orlop.json')).href;
    const there = join(home, 'bundle/.orlop.json');
    for (const before of [
      undefined,
      '{}\n',
      '{\n  "preset": "spec"\n}\n',
      '{"ignores": []}',
      '{"ignores": [{"rule": "OCI905", "reason": "x"}]}',
    ]) {
      if (before !== undefined) writeFileSync(there, before);
      const since = editor.published.length;
      await editor.connection.sendNotification('workspace/didChangeWatchedFiles', { changes: [] });
      await editor.next((params) => params.uri === uri, since);
      // "spec" has no such rule: then there is nothing to ignore.
      if (before?.includes('preset')) continue;
      const actions = await editor.actions(uri, MISSPELT.indexOf('nosiud'), ['quickfix']);
      const ignore = actions.find(({ title }) => title.startsWith('ignore OCI306'));
      const after = editor.applied(ignore as NonNullable<typeof ignore>, own, before ?? '');
      const { ignores } = JSON.parse(after);
      expect(ignores.at(-1)).toEqual({ rule: 'OCI306', path: '/mounts/0/options/1', reason: 'say why' });
      expect(ignores).toHaveLength(before?.includes('OCI905') ? 2 : 1);
      expect(lint(MISSPELT, JSON.parse(after))).toEqual([]);
    }
    rmSync(there);
    expect(await editor.end()).toBe(0);
  });
});

describe('completion', () => {
  test('has snippets where there are tab stops, and what is plain where not', async () => {
    const editor = await started();
    const simple = start();
    await simple.initialize({});
    const text = '{\n  "ociVersion": "1.3.0"\n  ""\n}';
    const at = text.indexOf('""') + 1;
    const [rich, plain] = await Promise.all(
      [editor, simple].map(async (one) => {
        const uri = await one.open(path('config.json'), text);
        const root = (await one.complete(uri, at)).find(({ label }) => label === 'root');
        const edits = [root?.textEdit, ...(root?.additionalTextEdits ?? [])];
        return { root, uri, edits };
      }),
    );
    expect(rich?.root).toMatchObject({
      kind: CompletionItemKind.Field,
      insertTextFormat: InsertTextFormat.Snippet,
      filterText: '"root"',
      documentation: { kind: 'markdown' },
    });
    expect(plain?.root).toMatchObject({
      insertTextFormat: InsertTextFormat.PlainText,
      documentation: { kind: 'plaintext' },
    });
    const edit = { edit: { changes: { [plain?.uri ?? '']: plain?.edits } } };
    const after = simple.applied(edit as Parameters<Editor['applied']>[0], plain?.uri ?? '');
    expect(JSON.parse(after)).toEqual({ ociVersion: '1.3.0', root: { path: 'rootfs' } });
    expect(await simple.symbols(plain?.uri ?? '')).toMatchObject([
      { name: 'ociVersion', location: { uri: plain?.uri } },
    ]);
    expect([await editor.end(), await simple.end()]).toEqual([0, 0]);
  });

  test('anywhere in a config is what the protocol takes', async () => {
    const editor = await started();
    const uri = await editor.open(path('config.json'), everything);
    let offered = 0;
    for (let at = 0; at < everything.length; at += 37) offered += (await editor.complete(uri, at)).length;
    expect(offered).toBeGreaterThan(500);
    expect(await editor.end()).toBe(0);
  });
});

test('a config of 2,000 lines', async () => {
  const config = JSON.parse(file('fixtures/configs/docker.json'));
  config.ociVersion = '1.3.0';
  while (JSON.stringify(config, null, 2).split('\n').length < 2000)
    config.mounts.push({
      destination: `/m${config.mounts.length}`,
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'size=1m'],
    });
  const text = JSON.stringify(config, null, 2);
  const editor = await started();
  const uri = await editor.open(path('config.json'), text);
  const expected = lint(text).length;
  expect(await editor.diagnostics(uri)).toHaveLength(expected);
  const at = text.indexOf('"/m100"') + 2;
  for (const letter of 'abcdefghij') {
    await editor.type(uri, at, at, letter);
    expect(await editor.diagnostics(uri)).toHaveLength(expected);
  }
  expect(await editor.end()).toBe(0);
});
