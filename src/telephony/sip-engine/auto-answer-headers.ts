type Header = readonly [name: string, value: string]

const answerAfter: Header = ['Call-Info', '<sip:localhost>;answer-after=0']
const alertAutoAnswer: Header = ['Alert-Info', '<http://localhost>;info=alert-autoanswer;delay=0']
const alertRingAnswer: Header = ['Alert-Info', 'Ring Answer']
const alertInfoRingAnswer: Header = ['Alert-Info', '<http://localhost>;info=RingAnswer;delay=0']
/** RFC 5373. Never with `Require`: a phone that does not know it would refuse the call. */
const answerMode: Header = ['Answer-Mode', 'Auto']

interface PhoneFamily {
  readonly userAgent: RegExp
  readonly headers: readonly Header[]
}

/** What makes a phone pick up by itself, by the User-Agent that it registered with; the first row that matches counts. */
const families: readonly PhoneFamily[] = [
  { userAgent: /yealink/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /snom/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /grandstream/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /fanvil/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /poly(?:com)?|soundpoint|vvx/i, headers: [alertRingAnswer] },
  { userAgent: /cisco|linksys|spa\d/i, headers: [answerAfter] },
  { userAgent: /mitel|aastra/i, headers: [alertInfoRingAnswer, answerAfter] },
  { userAgent: /panasonic/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /sangoma|digium/i, headers: [['Alert-Info', 'ring-answer'], answerAfter] },
  { userAgent: /gigaset/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /baresip|linphone|belle-sip/i, headers: [answerAfter, answerMode] },
]

/** For a phone that we do not know: one of each kind that no phone is known to choke on. */
const fallback: readonly Header[] = [alertAutoAnswer, answerAfter, answerMode]

export const autoAnswerHeaders = (userAgent: string | undefined): readonly Header[] =>
  families.find((family) => userAgent !== undefined && family.userAgent.test(userAgent))?.headers ?? fallback
