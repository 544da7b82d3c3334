type Header = readonly [name: string, value: string]

const answerAfter: Header = ['Call-Info', '<sip:localhost>;answer-after=0']
const alertAutoAnswer: Header = ['Alert-Info', '<http://localhost>;info=alert-autoanswer;delay=0']
/** Words rather than the URI that RFC 3261 section 20.4 asks for: what these phones compare with. */
const alertRingAnswer: Header = ['Alert-Info', 'Ring Answer']
const alertRingAnswerHyphen: Header = ['Alert-Info', 'ring-answer']
const alertIntercom: Header = ['Alert-Info', 'Intercom']
const alertDirectIntercom: Header = ['Alert-Info', 'Direct-Intercom']
const alertExternal: Header = ['Alert-Info', '<http://localhost>;info=external']
/** RFC 5373. Never with `Require`: a phone that does not know it would refuse the call. */
const answerMode: Header = ['Answer-Mode', 'Auto']

interface PhoneFamily {
  readonly userAgent: RegExp
  readonly headers: readonly Header[]
}

/**
 * What makes a phone pick up by itself, by the User-Agent that it registered with; the first row that matches counts. From the
 * vendors' manuals (Yealink, Aastra, Gigaset, OpenStage, Polycom) and from what FreePBX's paging sends (Mitel, Panasonic,
 * Digium, Sangoma). Most phones must be allowed to do so in their own settings as well.
 */
const families: readonly PhoneFamily[] = [
  { userAgent: /yealink/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /snom/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /grandstream/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /fanvil/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /poly(?:com)?|soundpoint|vvx/i, headers: [alertRingAnswer] },
  { userAgent: /cisco|linksys|spa\d/i, headers: [answerAfter] },
  { userAgent: /mitel|aastra/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /panasonic/i, headers: [alertIntercom, answerAfter] },
  { userAgent: /sangoma.*softphone/i, headers: [alertDirectIntercom, answerAfter] },
  { userAgent: /sangoma s\d/i, headers: [alertExternal, answerAfter] },
  { userAgent: /sangoma|digium/i, headers: [alertRingAnswerHyphen, answerAfter] },
  { userAgent: /gigaset|openstage/i, headers: [alertAutoAnswer, answerAfter] },
  { userAgent: /baresip|linphone|belle-sip/i, headers: [answerAfter, answerMode] },
]

/** For a phone that we do not know: one of each kind that no phone is known to choke on. */
const fallback: readonly Header[] = [alertAutoAnswer, answerAfter, answerMode]

export const autoAnswerHeaders = (userAgent: string | undefined): readonly Header[] =>
  families.find((family) => userAgent !== undefined && family.userAgent.test(userAgent))?.headers ?? fallback
