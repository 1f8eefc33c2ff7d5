// One line for a check: its name, what came of it with orlop, and with runc. What failed is told in full at the end.

import { DefaultReporter, type TestCase } from 'vitest/node';
import './check.ts';

export default class RuntimesReporter extends DefaultReporter {
  private compared = 0;
  private skipped = 0;

  override onTestCaseResult(test: TestCase): void {
    const { runtimes } = test.meta();
    const result = test.result();
    const name = test.fullName.padEnd(58);
    if (runtimes) {
      this.compared++;
      this.log(`${name} orlop: ${runtimes.orlop.padEnd(4)} runc: ${runtimes.runc}`);
    } else if (result.state === 'skipped') {
      this.skipped++;
      this.log(`${name} skipped: ${result.note ?? 'not asked for'}`);
    }
    super.onTestCaseResult(test);
  }

  override reportTestSummary(...args: Parameters<DefaultReporter['reportTestSummary']>): void {
    super.reportTestSummary(...args);
    this.log(`${this.compared} checks with both runtimes, ${this.skipped} skipped`);
  }
}
