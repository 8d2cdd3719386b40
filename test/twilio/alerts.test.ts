// Refusals that call for somebody, in an answer or in a receipt alike.
import { watchAlerts } from '../../src/twilio/alerts';
import { actionOf } from '../../src/twilio/errorTable';

function watching() {
  const told: string[] = [];
  const watch = watchAlerts((what) => told.push(what));
  return { told, watch, refused: (number: number) => watch.refused(actionOf(number)?.alert) };
}

it('tells at once of what fraud protection stopped, each time', () => {
  const { told, refused } = watching();
  for (const number of [30450, 30453]) refused(number);
  expect(told).toEqual(['fraudRefused', 'fraudRefused']);
});

it('tells once of an account or a setting that is refused five times in a row, and not of four between which one arrived', () => {
  const { told, watch, refused } = watching();
  for (const number of [30002, 30034, 30032, 30002]) refused(number);
  watch.taken();
  for (const number of [30002, 30034, 30032, 30002]) refused(number);
  expect(told).toEqual([]);
  refused(63020);
  refused(63020);
  expect(told).toEqual(['providerRefuses']);
});

it('tells of no number that calls for nobody', () => {
  const { told, refused } = watching();
  for (const number of [30003, 30005, 30008, 63016, 63018, 29999]) for (let times = 0; times < 6; times += 1) refused(number);
  expect(told).toEqual([]);
});
