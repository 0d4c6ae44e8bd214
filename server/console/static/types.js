// @ts-check
/**
 * The documents of the API and the frames of docs/socket.md, as the modules hand them to each other. Types only.
 *
 * @typedef {"customer"|"assistant"|"agent"|"system"} AuthorType
 * @typedef {{type: AuthorType, id: string, name: string}} Author
 * @typedef {"new"|"open"|"pending"|"resolved"|"closed"} Status
 * @typedef {"urgent"|"high"|"medium"|"low"} Priority
 * @typedef {{type: "assistant"|"agent"|"queue", id: string, name: string}} Owner
 * @typedef {{conv: string, number: number, title: string, customer: {id: string, name: string, vip: boolean}, preview: string,
 *   channel: string, order: string, owner: Owner, seq: number, unread: boolean, waiting_since: string|null, last_at: string,
 *   status: Status, priority: Priority, priority_reason: string, category: string, mood: number, language: string,
 *   handoff_reason: string}} Row
 * @typedef {{key: string, value: string, source: string, at: string, kind?: string}} Receipt
 * @typedef {{id: string, name: string, type: string, size: number}} Attachment
 * @typedef {Record<string, any>} Body
 * @typedef {{conv: string, seq: number, prev: number, type: string, author: Author, channel: string, audience: "all"|"desk",
 *   body: Body, ts: string, cid?: string}} DeskEvent
 * @typedef {{key: string, label: string, at: string|null, state: "done"|"now"|"todo"}} Step
 * @typedef {{kind: "order"|"return", order: string, headline: string, tone: "neutral"|"good"|"warn"|"bad", steps: Step[],
 *   as_of: string, rma?: string, eta?: string|null, eta_was?: string|null, carrier?: string|null, tracking_number?: string|null,
 *   tracking_url?: string|null, last_scan?: string|null, lines?: {title: string, quantity: number}[],
 *   parcels?: {headline: string, tone: string}[], refund?: string|null, label_url?: string|null, due_by?: string|null,
 *   total?: string, refunded?: string|null, payment?: string, placed_at?: string, ship_to?: string, source?: string}} Card
 * @typedef {{n: number, of: number, seq: number, label: string, text: string, evidence: Receipt[],
 *   unsaid?: {text: string, why: string}[]}} Draft
 * @typedef {{kind: string, label: string, proof: "claimed"|"channel"|"verified"|"", blocked?: boolean}} Contact
 * @typedef {{wants: string, quote: string, mood: {frustration: number, sentiment: string}|null, history: string, known: Receipt[],
 *   policy: {version: string, verdict: string, text?: string, approval?: string|null, lines: {item: string, verdict: string, rule: string, text: string}[]},
 *   tried: string[], why: {reason: string, text: string}, proof: {words: string[], level: number|string}, language: string, contact: string,
 *   files?: Attachment[], seq: number}} Brief
 * @typedef {{conv: string, number: number, title: string, status: Status, channel: string, last_at: string|null}} Earlier
 * @typedef {{conv: string, customer: {id: string, store_id: string|null, name: string, vip: boolean, language: string, since: string|null,
 *   contacts: Contact[]}, recipient: Contact & {channel: string}, brief: Brief|null, drafts: Draft[], orders: Card[], orders_error?: string,
 *   earlier: Earlier[], approvals?: Approval[]}} Panel
 * @typedef {{key: string, conv: string, action: Record<string, any>, amount_minor: number, currency: string, amount: string, need: string, who: string,
 *   rule: string, why: string, asked_at: string, expires_at: string, due_at: string, agreed: string[],
 *   parts?: {kind: string, label: string, amount_minor: number, amount: string}[], to?: {method: string, amount_minor: number, amount: string}[]}} Approval
 * @typedef {{id: string, name: string, online: boolean, conv?: string}} Here
 * @typedef {{id: string, name: string, role: string, mayAct: boolean}} Me
 * @typedef {{texts: Record<"reply"|"note", string>, mode: "reply"|"note", draft?: {n: number, original: string}}} Written
 * @typedef {"connecting"|"open"|"waiting"|"stopped"} Phase
 */
export {};
