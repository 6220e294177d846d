"""The currencies of ISO 4217, and how many decimal places an amount of each has.

Units of account, metals and test codes have no amounts and are left out. tests/contract/test_currencies.py holds
the list to the standard's table.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_BY_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
        "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
        "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
        "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

DECIMAL_PLACES: Final[Mapping[str, int]] = {
    code: places for places, codes in _BY_PLACES.items() for code in codes.split()
}
"""The decimal places of each currency, which the standard calls its minor unit."""

_PLACES_ON_THE_WIRE = 2


def smallest_amount(currency: str) -> Decimal:
    """Tell the amount that prices in a currency are multiples of: a unit, or at most a hundredth of one.

    Prices in thousandths are not for messages, which have two decimal places. Raises KeyError for what is no
    currency.
    """
    return Decimal(1).scaleb(-min(DECIMAL_PLACES[currency], _PLACES_ON_THE_WIRE))
