import { type Format, nameOf } from '../report.ts';
import { attributes, XML_HEAD } from '../xml.ts';

/** What Checkstyle's XMLLogger writes, and all that read its reports take. */
const format: Format = ({ files }) => {
  const elements = files.map(({ file, diagnostics }) => {
    const errors = diagnostics.map(({ line, column, severity, message, help, rule, name }) => {
      const text = help ? `${message}; ${help}` : message;
      return `    <error${attributes({ line, column, severity, message: text, source: `orlop.${rule}.${name}` })}/>\n`;
    });
    return `  <file${attributes({ name: nameOf(file) })}>\n${errors.join('')}  </file>\n`;
  });
  return `${XML_HEAD}<checkstyle version="4.3">\n${elements.join('')}</checkstyle>\n`;
};

export default format;
