import { type CommandGrammar, commandGrammars, type Expected, globalOptions, type OptionGrammar } from './grammar.ts';

/** man 1 fish-completions. */
export function fishScript(): string {
  const commands = commandGrammars();
  return `# Completion of orlop for fish: orlop completion fish > ~/.config/fish/completions/orlop.fish

# The command on the line and how many arguments it has, and the value of --root: COMMAND COUNT ROOT
function __orlop_place
    set -l words (commandline -opc)
    set -l command ''
    set -l count 0
    set -l root ''
    while set -e words[1]; and set -q words[1]
        switch "$command $words[1]"
            case ' --root=*'
                set root (string replace -- --root= '' $words[1])
            case ${valued(commands).join(' ')}
                test "$words[1]" = --root; and set root $words[2]
                set -e words[1]
            case '* -?*'
            case '*'
                if test -z "$command"
                    set command $words[1]
                else
                    set count (math $count + 1)
                end
        end
    end
    printf '%s\\n' "$command" $count "$root"
end

# In the options of a command; before it if that is empty.
function __orlop_in
    set -l place (__orlop_place)
    test "$place[1]" = "$argv[1]"; or return 1
    # Behind the first argument of some is what is for another program.
    not contains -- "$place[1]" ${endsEarly(commands)}; or test $place[2] = 0
end

# At the argument of a command; with a plus at any from that one on.
function __orlop_at
    set -l place (__orlop_place)
    test "$place[1]" = "$argv[1]"; or return 1
    set -l number (math $place[2] + 1)
    test $number = $argv[2]; or begin
        string match -q '*+' -- $argv[2]; and test $number -ge (string replace + '' $argv[2])
    end
end

function __orlop_containers
    set -l program (commandline -opc)[1]
    set -l root (__orlop_place)[3]
    test -n "$root"; and set root --root $root; or set root
    eval (string escape -- (string replace -r '^~' $HOME $program) $root) list -q 2>/dev/null
end

complete -c orlop -f
${commands.map(({ name, summary }) => `complete -c orlop -n "__orlop_in ''" -a ${name} -d ${quote(summary)}`).join('\n')}
${[...globalOptions().map((option) => optionLine('', option)), ...commands.flatMap(commandLines)].join('\n')}
`;
}

function commandLines(command: CommandGrammar): string[] {
  const places = command.arguments.flatMap(({ expects }, index) => {
    const isLast = index === command.arguments.length - 1;
    const number = isLast && command.isRepeating ? `${index + 1}+` : `${index + 1}`;
    if (expects === 'nothing') return [];
    return [`complete -c orlop -n '__orlop_at ${command.name} ${number}' ${completed(expects)}`];
  });
  return [...command.options.map((option) => optionLine(command.name, option)), ...places];
}

function optionLine(command: string, { names, help, value, isOptional }: OptionGrammar): string {
  const [long = '', short] = names;
  const spelled = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  const condition = quote(`__orlop_in ${command === '' ? "''" : command}`);
  const expected =
    value && (isOptional ? completed(value.expects).replace('-x', '-f') : `-r ${completed(value.expects)}`);
  return `complete -c orlop -n ${condition} ${spelled}${expected ? ` ${expected}` : ''} -d ${quote(help)}`;
}

function completed(expects: Expected): string {
  if (typeof expects !== 'string') return `-x -a ${quote(expects.join(' '))}`;
  return {
    containers: "-x -a '(__orlop_containers)'",
    files: '-F',
    directories: "-x -a '(__fish_complete_directories)'",
    programs: "-x -a '(__fish_complete_command)'",
    nothing: '-x',
  }[expects];
}

/** Options that take the next word: patterns of `COMMAND OPTION`. */
function valued(commands: CommandGrammar[]): string[] {
  const all = [{ name: '', options: globalOptions() }, ...commands];
  return all.flatMap(({ name, options }) =>
    options.flatMap(({ names, value, isOptional }) =>
      value && !isOptional ? names.map((one) => quote(`${name} ${one}`)) : [],
    ),
  );
}

const endsEarly = (commands: CommandGrammar[]): string =>
  commands.flatMap((command) => (command.endsEarly ? [command.name] : [])).join(' ');

const quote = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
