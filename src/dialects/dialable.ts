/** What a telephone number or extension may be written with; `orchestrator/resolve` decides what it means. */
export const dialable = /^[+0-9*#A-Za-z(][0-9A-Za-z*#+().\-/ ]{0,63}$/
