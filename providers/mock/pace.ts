/** The pace that the figures of this simulator are given for: a boot of 20 s on hardware takes 40 ms. */
export const DEFAULT_PACE = 500;
