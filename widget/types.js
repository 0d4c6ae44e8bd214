// @ts-check
/**
 * The frames of docs/socket.md and the shapes that the modules hand each other. Types only, known everywhere: no browser ever loads this.
 *
 * @typedef {"customer"|"assistant"|"agent"|"system"} AuthorType
 * @typedef {{type: AuthorType, name: string}} Author
 * @typedef {{online: boolean, back_at: string|null}} Agents
 * @typedef {"neutral"|"good"|"warn"|"bad"} Tone
 * @typedef {{key: string, label: string, at: string|null, state: "done"|"now"|"todo"}} Step
 * @typedef {{title: string, quantity: number}} Line
 * @typedef {{headline: string, tone: Tone}} Parcel
 * @typedef {{kind: "order", order: string, headline: string, tone: Tone, steps: Step[], eta: string|null,
 *   eta_was?: string|null, carrier?: string|null, tracking_number?: string|null, tracking_url?: string|null,
 *   last_scan?: string|null, as_of: string, lines?: Line[], parcels?: Parcel[]}} OrderCard
 * @typedef {{kind: "return", order: string, rma: string, headline: string, tone: Tone, steps: Step[], lines?: Line[],
 *   refund?: string|null, label_url?: string|null, due_by?: string|null, as_of: string}} ReturnCard
 * @typedef {OrderCard|ReturnCard} Card
 * @typedef {{label: string, value: string}} Choice
 * @typedef {{id: string, name: string, type: string, size: number, url: string}} Attachment
 * @typedef {{type: "assistant"|"agent"|"queue", name: string}} Owner
 * @typedef {"new"|"open"|"pending"|"resolved"|"closed"} Status
 * @typedef {{status: Status, owner: Owner|null, agents: Agents}} State
 * @typedef {{conv: string, title: string, status: Status, last_at: string}} ThreadEntry
 *
 * @typedef {{t: "msg", conv: string, seq: number, prev: number, id: string, cid?: string, author: Author, text: string,
 *   ts: string, lang?: string, card?: Card|null, choices?: Choice[], attachments?: Attachment[]}} MsgFrame
 * @typedef {{t: "order", conv: string, seq: number, prev: number, card: OrderCard, ts: string}} OrderFrame
 * @typedef {{t: "state", conv: string, seq: number, prev: number, ts: string} & State} StateFrame
 * @typedef {MsgFrame|OrderFrame|StateFrame} DurableFrame
 * @typedef {{t: "welcome", conv: string, seq: number, heartbeat?: number, resume: "ok"|"reset", state?: State,
 *   threads?: ThreadEntry[], unread?: number}} WelcomeFrame
 * @typedef {{t: "ack", cid: string, id: string, conv: string, seq: number}} AckFrame
 * @typedef {{t: "nack", cid: string, code: string, retryable: boolean, message?: string}} NackFrame
 * @typedef {{t: "typing", conv: string, who: Author, on: boolean}} TypingFrame
 * @typedef {{t: "delta", conv: string, turn: string, i: number, text: string, author: Author, ts: string}} DeltaFrame
 * @typedef {{t: "turn_end", conv: string, turn: string, reason: "done"|"cancelled"}} TurnEndFrame
 * @typedef {{t: "read", conv: string, who: Author|string, seq: number}} ReadFrame
 * @typedef {{t: "thread", conv: string, title: string}} ThreadFrame
 * @typedef {{t: "error", code: string, message?: string}} ErrorFrame
 * @typedef {{t: "pong", n: number}} PongFrame
 * @typedef {{t: "bye", code: number, retry_after?: number}} ByeFrame
 * @typedef {DurableFrame|WelcomeFrame|AckFrame|NackFrame|TypingFrame|DeltaFrame|TurnEndFrame|ReadFrame|ThreadFrame|ErrorFrame|PongFrame|ByeFrame} ServerFrame
 *
 * @typedef {{shop: {name: string, tz?: string}, assistant: {name: string}, locale: string, rtl?: boolean,
 *   theme?: {accent?: string}, greeting?: string, quick_replies?: string[], help?: string, max_upload_bytes?: number,
 *   heartbeat_s?: number, agents?: Agents, ways?: ("whatsapp"|"email")[]}} Settings
 * @typedef {{token: string, conv: string, visitor: string, settings: Settings}} Session
 *
 * @typedef {{cid: string, text: string, attachments: Attachment[], choice?: string, at: string, failed?: string}} Draft
 * @typedef {Draft & {status: "pending"|"sent"|"failed", tries: number, seq?: number}} Entry
 *
 * @typedef {MsgFrame & {i: number}} Writing
 *
 * @typedef {{get(key: string): string|null, set(key: string, value: string|null): void, keys(): string[]}} Keep
 * @typedef {Keep & {setVisitor(value: string|null): void}} SiteKeep
 * @typedef {{send(frame: object): void, close(): void}} Link
 * @typedef {{open(): void, frame(frame: ServerFrame): void, traffic(): void, closed(code: number): void}} LinkEvents
 * @typedef {"connecting"|"open"|"waiting"|"stopped"} Phase
 */
