import type { RunEvent, UnstampedEvent } from '../harness/model/events.ts';
import { type DoctorReport, doctorReportOf } from './doctor-report.ts';
import { closeRecord, openRecord, record } from './record.ts';
import type { Opening } from './run-record.ts';

/** Hears the events of one examination and makes its report of them. */
export interface Patient {
  readonly sink: (event: RunEvent) => void;
  /** The same for events of our own, which get the time here. */
  readonly tell: (event: UnstampedEvent) => void;
  finish(): DoctorReport;
}

/** Starts with nothing known. `listen` hears every event too. */
export function openPatient(opening: Opening, listen: (event: RunEvent) => void): Patient {
  let run = openRecord(opening);
  const sink = (event: RunEvent) => {
    run = record(run, event);
    listen(event);
  };
  return {
    sink,
    tell: (event) => sink({ ...event, at: new Date().toISOString() } as RunEvent),
    finish: () => doctorReportOf(closeRecord(run, new Date().toISOString())),
  };
}
