// orlop lsp in editors that people have, set up as the README says: what is wrong is shown, explained, corrected and written.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Workplace } from './support/bundle.ts';
import { builds, fastest } from './support/orlop.ts';

const PROJECT = join(import.meta.dirname, '../..');
const README = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const FAULTY = readFileSync(join(PROJECT, 'fixtures/rules/OCI302/bad.json'), 'utf8');

const place = new Workplace('editors');
afterAll(() => place.remove());

/** The README's block with these words. */
function block(language: string, words: string): string {
  const blocks = [...README.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  const found = blocks.find(([, name, text]) => name === language && text?.includes(words))?.[2];
  if (found === undefined) throw new Error(`README has no ${language} with ${words}`);
  return found;
}

/** A directory with the config, and the command by its name. */
function desk(name: string, argv: readonly string[]): string {
  const directory = place.path(name);
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(join(directory, 'bin/orlop'), `#!/bin/sh\nexec ${argv.join(' ')} "$@"\n`);
  chmodSync(join(directory, 'bin/orlop'), 0o755);
  writeFileSync(join(directory, 'config.json'), FAULTY);
  return directory;
}

function edit(directory: string, command: readonly [string, ...string[]]): void {
  const [program, ...args] = command;
  const env = {
    PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
    HOME: directory,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: directory,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(status, stdout + stderr).toBe(0);
}

const NEOVIM = `
local said = {}
local function wait(what, is)
  if not vim.wait(20000, is, 20) then error('waited in vain for ' .. what) end
end
local ok, message = pcall(function()
  vim.cmd('edit config.json')
  wait('diagnostics', function() return #vim.diagnostic.get(0) > 0 end)
  local found = vim.diagnostic.get(0)[1]
  said.code, said.message, said.line = found.code or found.user_data.lsp.code, found.message, found.lnum + 1
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col + 1 })
  vim.lsp.buf.hover()
  wait('hover', function() return #vim.api.nvim_list_wins() > 1 end)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if window ~= vim.api.nvim_get_current_win() then
      said.hover = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\\n')
    end
  end
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col + 1 })
  local line = vim.api.nvim_get_current_line()
  local items = vim.lsp.buf_request_sync(0, 'textDocument/completion', vim.lsp.util.make_position_params(), 20000)
  said.words = vim.tbl_map(function(item) return item.label end, items[1].result)
  local before = vim.api.nvim_buf_get_changedtick(0)
  vim.ui.select = function(actions, options, choose)
    said.actions = vim.tbl_map(options.format_item, actions)
    choose(actions[1], 1)
  end
  vim.lsp.buf.code_action()
  wait('the fix', function() return vim.api.nvim_buf_get_changedtick(0) > before end)
  vim.cmd('write')
  wait('the end of diagnostics', function() return #vim.diagnostic.get(0) == 0 end)
end)
said.error = not ok and message or nil
vim.fn.writefile({ vim.fn.json_encode(said) }, 'said.json')
vim.cmd('qall!')
`;

const hasNeovim = spawnSync('nvim', ['--version']).status === 0;
if (!hasNeovim) console.warn('*** Neovim is missing, and is not tested: apt-get install neovim ***');

describe.skipIf(!hasNeovim).each(builds())('Neovim and $name', (build) => {
  it('shows, explains, completes, corrects and writes', () => {
    const directory = desk(`neovim-${build.name}`, build.argv);
    writeFileSync(join(directory, 'init.lua'), block('lua', 'start_client'));
    writeFileSync(join(directory, 'script.lua'), NEOVIM);
    edit(directory, ['nvim', '--headless', '-u', 'init.lua', '-i', 'NONE', '-n', '-S', 'script.lua']);
    const said = JSON.parse(readFileSync(join(directory, 'said.json'), 'utf8'));
    expect(said.error).toBeUndefined();
    expect(said).toMatchObject({ code: 'OCI302', message: expect.stringContaining('"bind"'), line: 29 });
    expect(said.hover).toMatch(/\/mounts\/\*\/type.*OCI302.*https:/s);
    expect(said.words).toContain('tmpfs');
    expect(said.actions[0]).toBe('add "rbind" to options');
    const { mounts } = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
    expect(mounts[0].options).toContain('rbind');
  });
});

const VIM = `
let tries = 0
edit config.json
while tries < 600 && empty(ale#engine#GetLoclist(bufnr('')))
  sleep 30m
  let tries += 1
endwhile
call writefile([json_encode(ale#engine#GetLoclist(bufnr('')))], 'said.json')
qall!
`;

const hasAle = existsSync('/usr/share/doc/vim-ale') && existsSync('/usr/bin/script') && existsSync('/usr/bin/vim');
if (!hasAle) console.warn('*** Vim or ALE is missing, and is not tested: apt-get install vim vim-ale bsdutils ***');

it.skipIf(!hasAle)('Vim with ALE shows what is wrong', () => {
  const directory = desk('vim', fastest().argv);
  writeFileSync(join(directory, 'vimrc'), `set nocompatible\nfiletype plugin on\n${block('vim', 'ale#linter#Define')}`);
  writeFileSync(join(directory, 'script.vim'), VIM);
  edit(directory, ['script', '-qec', 'vim -u vimrc -i NONE -n -S script.vim', '/dev/null']);
  const [first] = JSON.parse(readFileSync(join(directory, 'said.json'), 'utf8'));
  expect(first).toMatchObject({ lnum: 29, code: 'OCI302', type: 'E', linter_name: 'orlop' });
});
