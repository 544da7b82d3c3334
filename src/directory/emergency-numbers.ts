/** Numbers that reach an emergency service where they are dialled, by ISO 3166 country. */
const byCountry: Readonly<Record<string, readonly string[]>> = {
  AU: ['000', '106'],
  BR: ['190', '192', '193'],
  CH: ['117', '118', '144'],
  CN: ['110', '119', '120', '122'],
  DE: ['110'],
  ES: ['061', '080', '091'],
  FR: ['15', '17', '18', '114', '115', '119', '191', '196', '197'],
  GB: ['999'],
  HK: ['999'],
  IE: ['999'],
  IN: ['100', '101', '102', '108'],
  IT: ['113', '115', '118'],
  JP: ['110', '118', '119'],
  MY: ['999'],
  NZ: ['111'],
  SG: ['995', '999'],
  ZA: ['10111', '10177'],
}

/** Mobile networks, and the exchanges of most countries, understand these everywhere (3GPP TS 22.101 section 10.1.1). */
const everywhere: readonly string[] = ['112', '911']

/** Whether the digits, as dialled in the country, call for help. */
export const isEmergencyNumber = (digits: string, country: string): boolean =>
  everywhere.includes(digits) || (byCountry[country]?.includes(digits) ?? false)
