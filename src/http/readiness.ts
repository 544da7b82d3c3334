/** Whether the server can do its work now; `problems` say what is missing, a sentence each. */
export interface Readiness {
  readonly ready: boolean
  readonly problems: readonly string[]
}
