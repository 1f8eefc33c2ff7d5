import {
  type CommandGrammar,
  commandGrammars,
  type Expected,
  globalOptions,
  type OptionGrammar,
  type Place,
} from './grammar.ts';

/** man 1 zshcompsys, _arguments. */
export function zshScript(): string {
  const commands = commandGrammars();
  return `#compdef orlop
# Completion of orlop for zsh: a file _orlop in a directory of $fpath, or after compinit: source <(orlop completion zsh)

_orlop_containers() {
    local -a ids=(\${(f)"$($program $root list -q 2>/dev/null)"})
    compadd -a ids
}

_orlop() {
    local program=\${~words[1]} curcontext=$curcontext state line ret=1
    local -a root known
    typeset -A opt_args
    _arguments -C -S -A '-*' \\
${lines(globalOptions().map(optionSpec), 8)}
        '1:command:->command' '*::argument:->argument' && ret=0
    [[ -n $opt_args[--root] ]] && root=(--root \${(Q)opt_args[--root]})
    case $state in
        command)
            known=(
${commands.map(({ name, summary }) => `                ${quote(`${name}:${summary}`)}`).join('\n')}
            )
            _describe -t commands command known && ret=0 ;;
        argument)
            curcontext=\${curcontext%:*:*}:orlop-$words[1]:
            case $words[1] in
${commands.map(commandCase).join('\n')}
            esac ;;
    esac
    return ret
}

if [[ $funcstack[1] == _orlop ]]; then
    _orlop "$@"
else
    compdef _orlop orlop
fi
`;
}

function commandCase(command: CommandGrammar): string {
  const places = command.arguments.map((place, index) => {
    const isLast = index === command.arguments.length - 1;
    return quote(`${isLast && command.isRepeating ? '*' : index + 1}:${placeSpec(place)}`);
  });
  const specs = [...command.options.map(optionSpec), ...places];
  return `                ${command.name})
                    _arguments -S ${command.endsEarly ? "-A '-*' " : ''}\\
${lines(specs, 24).replace(/ \\$/, '')} && ret=0 ;;`;
}

const lines = (specs: string[], indent: number): string =>
  specs.map((spec) => `${' '.repeat(indent)}${spec} \\`).join('\n');

/** `'(-b --bundle)'{-b+,--bundle=}'[what it is]:DIR:_directories'`; + and = let the value stand in the same word too. */
function optionSpec({ names, help, isMultiple, value, isOptional }: OptionGrammar): string {
  const once = isMultiple ? "'*'" : quote(`(${names.join(' ')})`);
  const joint = (name: string): string => (name.startsWith('--') ? '=' : '+');
  const spelled = names.map((name) => (value ? `${name}${isOptional ? '=-' : joint(name)}` : name));
  const alternatives = spelled.length > 1 ? `{${spelled.join(',')}}` : spelled[0];
  return `${once}${alternatives}${quote(`[${escaped(help)}]${value ? `${isOptional ? '::' : ':'}${placeSpec(value)}` : ''}`)}`;
}

function placeSpec({ name, expects }: Place): string {
  return `${escaped(name)}:${action(expects)}`;
}

function action(expects: Expected): string {
  if (typeof expects !== 'string') return `(${expects.join(' ')})`;
  return {
    containers: '_orlop_containers',
    files: '_files',
    directories: '_directories',
    programs: '_command_names',
    nothing: '( )',
  }[expects];
}

const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
