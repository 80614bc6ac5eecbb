import { Capture } from '../../../../test/support/capture';
import { FakeClock } from '../../../../test/support/fake-clock';
import { ReplayProgress } from './replay-progress';

const report = { records: 12, snapshots: 3, slot: Date.parse('2026-11-21T07:23:30Z') };

describe('the progress of a replay', () => {
  it('is shown twice a second at most, in one line, and cleared at the end', async () => {
    const [terminal, clock] = [new Capture(), new FakeClock()];
    const progress = new ReplayProgress(terminal, true, clock);
    progress.show(report);
    await clock.advance(500);
    progress.show({ ...report, slot: 0 });
    progress.show(report);
    await clock.advance(600);
    progress.show(report);
    progress.clear();
    progress.clear();
    expect(terminal.text().split('\r\u001b[K')).toEqual([
      '',
      '12 records, 3 snapshots',
      '12 records, 3 snapshots, up to 2026-11-21T07:23:30Z',
      '',
    ]);
  });

  it('is for terminals alone', async () => {
    const [file, clock] = [new Capture(), new FakeClock()];
    const progress = new ReplayProgress(file, false, clock);
    await clock.advance(10_000);
    progress.show(report);
    progress.clear();
    expect(file.text()).toBe('');
  });
});
