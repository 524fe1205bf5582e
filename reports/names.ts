/** Cases, for KubeVirt's own readers: flakefinder and the quarantine tools read exactly this name. */
export const JUNIT_CASES = 'junit.functest.xml';

/** Phases and the run's own row; the name matches what Spyglass and TestGrid look for. */
export const JUNIT_PHASES = 'junit.sevlane.xml';

/** The doctor's checks, one row each, of a run and of `sevlane doctor`. */
export const JUNIT_DOCTOR = 'junit.doctor.xml';

/** What `sevlane doctor` found, for programs. */
export const DOCTOR_JSON = 'doctor.json';

/** Everything, for programs; reports/report.schema.json describes it. */
export const REPORT_JSON = 'report.json';

/** Read by Prow's sidecar: its keys become the metadata of finished.json. */
export const METADATA_JSON = 'metadata.json';

/** Suite names. They are part of each row's identity in TestGrid and must stay as they are. */
export const CASES_SUITE = 'sevlane';
export const PHASES_SUITE = 'sevlane phases';
export const DOCTOR_SUITE = 'sevlane doctor';
