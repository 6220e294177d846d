import { texts } from "@wild-rydes/web/language";
import { en } from "./en";
import { es } from "./es";

export const text = texts({ en, es });
