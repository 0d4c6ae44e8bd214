"""Chatty shoppers who want things done: with a goal, by the means they have, in words of their own; done is what was wished, no more."""

# ruff: noqa: E501 (a conversation reads best on one line)

import asyncio
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from server.policies.file import load
from server.settings import Settings
from server.stage import Stage
from tests.support import option_shop as shop
from tests.support.errands import Errand, Told, back, cancel, change, move, pay, plain, play, swap

ERRANDS = (
    Errand("same but in navy else green", "ada", ["hey there, so i ordered a backpack (black, medium) on W1003 but my kid wants navy. same bag otherwise. if navy's gone then green is fine. Ada Brook 19122"], [change("#W1003", ("BACK-black-medium-laptop", "BACK-navy-medium-laptop"))], pays="whatever I paid with originally"),
    Errand("cheapest laptop", "ada", ["Hello! My budget shrank. Could you switch the laptop in my pending order to the cheapest one you carry? I'm ada@shopper.example"], [change("#W1003", ("LAPT-15inch-i5-256GBSSD", "LAPT-13inch-i5-256GBSSD"))], pays="the visa"),
    Errand("most storage", "ivy", ["Hi I'm Ivy Jensen, 33101. That laptop I ordered - can I still get the one with the most storage instead? leave screen and processor alone"], [change("#W8001", ("LAPT-13inch-i5-256GBSSD", "LAPT-13inch-i5-1TBSSD"))], pays="my gift card"),
    Errand("everything pending and everything delivered", "fay", ["I'm moving abroad so please cancel everything that's still pending and send back everything that was delivered. Fay Gordon, 85001"], [cancel("#W6002"), cancel("#W6003"), back("#W6001", "DESK-white-medium-USB", "BLUE-red-20hours-yes", "CLOC-10inches-analog-black")], pays="back to how I paid", when={r"Why would": ["I don't need it anymore", "no longer needed", "no longer needed"]}),
    Errand("brightest with battery refund rest", "ada", ["Order W1002 arrived. Exchange the desk lamp for the brightest one that runs on battery, and refund the rest. ada@shopper.example"], [swap("#W1002", ("DESK-black-high-ACadapter", "DESK-black-high-battery")), back("#W1002", "WATE-500ml-glass-red", "TSHI-blue-M-cotton")], pays="paypal"),
    Errand("address like my other order", "fay", ["Could you please send order W6003 to the same address as my order W6002? Fay Gordon, zip code 85001"], [move("#W6003", "77 Lake Drive", "Austin", "TX", "78701")]),
    Errand("how much back in total", "gus", ["hi, Gus Hale 02108 here. if i return the headphones and the mouse from #W7001, how much would i get back in total?", "ok do that please"], [back("#W7001", "HEAD-inear-wired-black", "GAMI-optical-wired-white")], pays="to my mastercard"),
    Errand("default address and order's", "eva", ["I moved! Please update my default address and the one on my pending order W5002 to 400 Pine Street Apt 6, Seattle, WA 98101. eva@shopper.example"], [move("#W5002", "400 Pine Street", "Seattle", "WA", "98101", line2="Apt 6"), move("eva", "400 Pine Street", "Seattle", "WA", "98101", line2="Apt 6")]),
    Errand("no order number", "cleo", ["i wanna send back that smart watch i got from u guys but i dont have the order number on me", "no idea what email i used tbh. name's Cleo Dunn, I live in 94102"], [back("#W3001", "SMWA-gold-silicone-LCD")], pays="paypal's fine", when={r"e-?mail": ["no idea what email i used tbh. name's Cleo Dunn, I live in 94102"]}),
    Errand("never mind", "ben", ["Please cancel order W2002, Ben Castle 60601, I don't need the chair", "actually never mind, I'll keep it"], breaks_in={r"shall|go ahead|confirm": ["actually never mind, I'll keep it"]}),
    Errand("split payment", "ivy", ["Ivy Jensen 33101. For order W8001 I'd like to pay half with my gift card and half with paypal, can I split it?", "ok then just put all of it on paypal"], [pay("#W8001", "pp_ivy")]),
    Errand("undo cancellation", "ben", ["Cancel W2002 please, ordered by mistake. ben@shopper.example", "oh no wait, can you undo the cancellation? I want the chair after all"], [cancel("#W2002", "ordered by mistake")], never=["reinstated", "restored your order", "I have undone"]),
    Errand("three wishes rambling", "ada", ["Hello, good evening, hope you're having a lovely day. So, it's a bit of a long story: my sister gave me a keyboard, so the one in order W1001 is superfluous and I'd like to return it. Then there's the thermostat in the same order, it turns out our house runs on Alexa, so I'd need the Amazon Alexa one, color stays. And finally, for the pending order, W1003, make the backpack large please. I'm Ada Brook and my zip is 19122. Thanks so much!"], [back("#W1001", "KEYB-linear-RGB-fullsize"), swap("#W1001", ("THER-AppleHomeKit-black", "THER-AmazonAlexa-black")), change("#W1003", ("BACK-black-medium-laptop", "BACK-black-large-laptop"))], pays="original card"),
    Errand("one word answers", "dan", ["return", "boots", "Dan Elms 10001", "boots", "1111"], [back("#W4001", "HIKI-9-leather-no")], when={r"reason": ["size"]}),
    Errand("wrong zip then right", "gus", ["Gus Hale, 02109. I want to return the wireless headphones", "sorry typo, 02108"], [back("#W7002", "HEAD-overear-wireless-red")], pays="same card i paid with", when={r"couldn't find|doesn't match|not find": ["sorry typo, it's Gus Hale 02108"]}),
    Errand("another person's order", "ben", ["ben@shopper.example here. Please cancel order W1003, it's my girlfriend's, she asked me to", "but she told me to!"], never=["laptop", "backpack", "Ada"]),
    Errand("refuse first offer", "ada", ["exchange the thermostat from my order for the white one, Ada Brook 19122"], [swap("#W1001", ("THER-AppleHomeKit-black", "THER-AppleHomeKit-stainlesssteel"), method="pp_ada")], pays="paypal", breaks_in={r"white.*\?": ["hmm no, not white actually, stainless steel"]}),
    Errand("typos", "eva", ["pls exchnage the speeker for a grren one, evrything else same. eva@shopper.example"], [swap("#W5001", ("BLUE-black-10hours-no", "BLUE-green-10hours-no"))], pays="paypl"),
    Errand("change of mind return to exchange", "gus", ["I'd like to return my in-ear headphones, Gus Hale, 02108", "hm you know what, rather exchange them for the wireless version, still in-ear and black", "yes mastercard"], [swap("#W7001", ("HEAD-inear-wired-black", "HEAD-inear-wireless-black"))], pays="mastercard", breaks_in={r"Where would": ["hm you know what, rather exchange them for the wireless version, still in-ear and black"]}),
    Errand("address only zip", "fay", ["Fay Gordon 85001. the zip code on order W6003 is wrong, it should be 85004"], [move("#W6003", "1 Main St", "Springfield", "NY", "85004")]),
    Errand("payment to paypal", "fay", ["Would it be possible to move the payment for both my pending orders over to PayPal? fay@shopper.example"], [pay("#W6002", "pp_fay"), pay("#W6003", "pp_fay")]),
    Errand("payment gift card too small", "fay", ["Fay Gordon 85001 - put order W6003 on my gift card", "ok paypal then"], [pay("#W6003", "pp_fay")]),
    Errand("cancel reason not allowed", "fay", ["fay@shopper.example cancel W6003, delivery takes too long"], when={r"reason": ["no, it's just too slow"]}),
    Errand("cancel one of two by item", "gus", ["Gus Hale 02108, I'd like to cancel the order with the camera, I bought it by accident"], [cancel("#W7003", "ordered by mistake")], pays="mastercard"),
    Errand("cancel item of two", "gus", ["Please cancel just the garden hose from my order. gus@shopper.example", "ok then leave it"], when={r"whole": ["no just leave it then"]}),
    Errand("all but", "ivy", ["Ivy Jensen, 33101. All the stuff in W8002 goes back except for the makeup kit, I'm keeping that."], [back("#W8002", "VACU-robotic-yes-HEPAfilter", "LUGG-2-black-hardshell")], pays="paypal"),
    Errand("swap to gift card refund", "ivy", ["hi! ivy@shopper.example. The luggage set: could I swap it for 3 pieces in silver?"], [swap("#W8002", ("LUGG-2-black-hardshell", "LUGG-3-silver-hardshell"), method="gc_ivy")], pays="take it off my gift card"),
    Errand("items of two orders, each to its own method", "cleo", ["cleo@shopper.example: return the electric kettle to my gift card and the small blue water bottle to paypal"], [back("#W3002", "ELEC-1L-glass-black"), back("#W3001", "WATE-500ml-plastic-blue")]),
    Errand("my wife wants", "ada", ["Hi there. My wife would prefer the desk lamp from order W1002 in silver. Could you swap that out for us? Ada Brook, zip code 19122."], [swap("#W1002", ("DESK-black-high-ACadapter", "DESK-silver-high-ACadapter"))], pays="PayPal please"),
    Errand("dont want anymore", "gus", ["Gus Hale / 02108 - I don't want the camera from order W7003 anymore, please get rid of that order"], [cancel("#W7003")], pays="mastercard"),
    Errand("wrong size shoes pending", "fay", ["hello, I accidentally ordered my running shoes in a 10, I need a 9. haven't shipped yet I think. Fay Gordon 85001"], [change("#W6002", ("RUNN-10-black-rubber", "RUNN-9-black-rubber"))], pays="the visa"),
    Errand("two items one pending order, answers later", "fay", ["I need to make some changes to my order #W6002, Fay Gordon 85001", "the backpack should be black and medium, and the shoes size 11 in white", "visa please"], [change("#W6002", ("BACK-navy-small-camera", "BACK-black-medium-camera"), ("RUNN-10-black-rubber", "RUNN-11-white-rubber"))], pays="visa please"),
    Errand("what's in my order then", "ivy", ["Hi, can you tell me what's in my order W8002? Ivy Jensen, 33101", "ok I want to return the vacuum cleaner and the luggage set", "actually scratch the luggage set, only the vacuum"], [back("#W8002", "VACU-robotic-yes-HEPAfilter")], pays="paypal", breaks_in={r"vacuum.*luggage.*Shall|Where would.*": ["actually scratch the luggage set, only the vacuum"]}),
    Errand("give money to gift card", "fay", ["fay@shopper.example hiya, wanna return that speaker n the wall clock. put the money on my giftcard thx"], [back("#W6001", "BLUE-red-20hours-yes", "CLOC-10inches-analog-black", method="gc_fay")]),
    Errand("who are you first", "ivy", ["Hello, who am I talking to?", "I need to talk about my purchase, I'm Ivy Jensen, 33101", "I want a bigger suitcase set, 4 pieces, hardshell black is fine"], [swap("#W8002", ("LUGG-2-black-hardshell", "LUGG-4-black-hardshell"))], pays="paypal"),
    Errand("exchange both headphones", "gus", ["gus@shopper.example - I'd like to exchange the in-ear headphones for blue wireless in-ear ones, and the mouse for a black one."], [swap("#W7001", ("HEAD-inear-wired-black", "HEAD-inear-wireless-blue"), ("GAMI-optical-wired-white", "GAMI-optical-wired-black"))], pays="mastercard"),
    Errand("upgrade everything", "gus", ["I'd like my camera order upgraded to the highest resolution and the highest zoom, same storage. Gus Hale 02108, order W7003"], [change("#W7003", ("DIGI-20MP-3x-SDcard", "DIGI-30MP-10x-SDcard"))], pays="same card"),
    Errand("puzzle easier fewer pieces", "gus", ["The jigsaw in my pending order is too hard for my kid: make it 500 pieces, animals, beginner. Gus Hale, 02108"], [change("#W7004", ("JIGS-1000-fantasy-expert", "JIGS-500-animals-beginner"))], pays="gift card"),
    Errand("hose longer", "gus", ["can i get a longer garden hose in my order, the longest u have. Gus Hale 02108"], [change("#W7004", ("GARD-25ft-rubber-green", "GARD-100ft-rubber-green"))], pays="gift card"),
    Errand("cancel then address", "fay", ["Please cancel W6003 (no longer needed) and change the address of W6002 to 12 Oak Avenue, Suite 300, Miami, FL 33101. Name: Fay Gordon, zip 85001"], [cancel("#W6003"), move("#W6002", "12 Oak Avenue", "Miami", "FL", "33101", line2="Suite 300")], pays="back on the visa"),
    Errand("reason then method", "fay", ["cancel order #W6003", "Fay Gordon, 85001", "ordered by mistake", "gift card"], [cancel("#W6003", "ordered by mistake", method="gc_fay")], pays="gift card"),
    Errand("address wrong house", "ben", ["hi my address on order W2002 has a mistake, it's 11 Main St not 1 Main St. ben@shopper.example"], [move("#W2002", "11 Main St", "Springfield", "NY", "60601")]),
    Errand("back to default address", "fay", ["order W6002 is going to my old place on Lake Drive!! please send it to my default address instead. Fay Gordon 85001"], [move("#W6002", "1 Main St", "Springfield", "NY", "85001")]),
    Errand("return already with not delivered", "dan", ["Dan Elms 10001, I wanna return the gaming mouse", "ok whatever"]),
    Errand("exchange for other product", "ivy", ["I want to exchange the luggage set for a backpack. Ivy Jensen 33101", "fine, then return the luggage set for a refund"], [back("#W8002", "LUGG-2-black-hardshell")], pays="paypal"),
    Errand("price diff asks", "dan", ["Dan Elms, zip 10001. What would it cost me to swap the coffee maker for the 4 cup espresso in red?", "ok do it, put it on the mastercard"], [swap("#W4001", ("COFF-drip-2cups-black", "COFF-espresso-4cups-red"), method="card_2222")], pays="mastercard"),
    Errand("two boots options unknown", "dan", ["hiking boots: what sizes do they come in? dan@shopper.example", "ok exchange mine for a 10 then please, rest the same"], [swap("#W4001", ("HIKI-9-leather-no", "HIKI-10-leather-no"))], pays="1111"),
    Errand("gift for my mom", "cleo", ["Hey! I got my mom the smart watch but she says the band irritates her skin. could we trade it for the one with a leather band? Same colour and display. Cleo Dunn, 94102"], [swap("#W3001", ("SMWA-gold-silicone-LCD", "SMWA-gold-leather-LCD"))], pays="use paypal"),
    Errand("quantity two one exchange", "ben", ["Ben Castle 60601. I've got two red t-shirts in W2001. I'd like one of them in blue instead."], [swap("#W2001", ("TSHI-red-M-cotton", "TSHI-blue-M-cotton"))], pays="mastercard"),
    Errand("cancel both pending w/ reason", "fay", ["Hi, I'd like to cancel all my pending orders since I no longer need them. Fay Gordon 85001"], [cancel("#W6002"), cancel("#W6003")], pays="original method"),
    Errand("how many options then none", "eva", ["Eva Frost 73301 - is the yoga mat available in green? thicker if possible", "the 6mm green one in PVC please, swap mine"], [swap("#W5001", ("YOGA-4mm-PVC-pink", "YOGA-6mm-PVC-green"))], pays="paypal"),
    Errand("change then regret", "eva", ["for W5002 could you make the bookshelf 6 ft and the puzzle harder - expert level. eva@shopper.example", "wait, leave the puzzle as it is, only the shelf"], [change("#W5002", ("BOOK-wood-4ft-brown", "BOOK-wood-6ft-brown"))], pays="paypal", breaks_in={r"Shall I": ["wait, leave the puzzle as it is, only the shelf"]}),
    Errand("refund to original without asking", "ada", ["Ada Brook, zip 19122. I'd like a refund on the water bottle I bought, back to the same way I paid."], [back("#W1002", "WATE-500ml-glass-red")]),
    Errand("change payment visa back", "ada", ["Could I pay W1003 with PayPal rather than my Visa? Ada Brook 19122"], [pay("#W1003", "pp_ada")]),
    Errand("a name in small letters, a version beside its order", "gus", ["my name is gus hale and i live in 02108. the hose in W7004: vinyl instead of rubber plz"], [change("#W7004", ("GARD-25ft-rubber-green", "GARD-25ft-vinyl-green"))], pays="gift card"),
    Errand("address for both orders", "fay", ["New place! Both of my open orders should go to 9 Elm Street, Portland, OR 97201. Fay Gordon, 85001"], [move("#W6002", "9 Elm Street", "Portland", "OR", "97201"), move("#W6003", "9 Elm Street", "Portland", "OR", "97201")]),
    Errand("cancel too late then return", "ben", ["I want to cancel W2001 please, Ben Castle 60601", "ok then return the running shoes"], [back("#W2001", "RUNN-9-white-EVA")]),
    Errand("what can I exchange it for", "ada", ["What colours does the t-shirt come in? ada@shopper.example, order W1002", "Black in L sounds good, swap mine for that, paypal"], [swap("#W1002", ("TSHI-blue-M-cotton", "TSHI-black-L-cotton"))], pays="paypal"),
    Errand("smaller laptop more storage", "ada", ["Hi it's Ada Brook 19122. On W1003 I want the laptop with a smaller screen, 13 inches, but bump up the storage to 512GB. And pay any difference with PayPal."], [change("#W1003", ("LAPT-15inch-i5-256GBSSD", "LAPT-13inch-i5-512GBSSD"), method="pp_ada")]),
    Errand("a change instead of the cancellation", "ada", ["cancel W1003, I ordered the wrong laptop. Ada Brook 19122", "Actually instead of cancelling, can you just change the laptop to the 17-inch?"], [change("#W1003", ("LAPT-15inch-i5-256GBSSD", "LAPT-17inch-i5-256GBSSD"))], pays="visa", breaks_in={r"money for order|Shall I cancel|go\?": ["Actually instead of cancelling, can you just change the laptop to the 17-inch?"]}),
    Errand("email not known then name", "ada", ["Hi, I wish to swap the thermostat I got for a stainless steel one.", "I'm not sure which e-mail it was, but my name is Ada Brook", "19122"], [swap("#W1001", ("THER-AppleHomeKit-black", "THER-AppleHomeKit-stainlesssteel"))], pays="visa", when={r"e-?mail": ["I'm not sure which e-mail it was, but my name is Ada Brook", "19122"]}),
    Errand("name zip in two messages", "cleo", ["hello", "Cleo Dunn", "94102", "i'd like to send the kettle back", "gift card again"], [back("#W3002", "ELEC-1L-glass-black")], pays="gift card again", when={r"zz": ["zz"]}),
    Errand("color of pending chair unavailable fallback", "ben", ["Ben Castle 60601. I'd love the office chair in gray mesh with no armrests, but if that one's not available blue mesh works too."], [change("#W2002", ("OFFI-leather-black-fixed", "OFFI-mesh-gray-none"))], pays="mastercard"),
    Errand("sold out fallback", "ada", ["Swap my keyboard from #W1001 for a clicky one without backlight in 60%. If you're out of those, I'd take 80% size. Ada Brook, 19122"], [swap("#W1001", ("KEYB-linear-RGB-fullsize", "KEYB-clicky-none-80"))], pays="visa"),
    Errand("cancel with story", "ivy", ["Hi. Bit embarrassing, my husband had already bought the same laptop so we have two now. I'd like to cancel W8001 please. Ivy Jensen, 33101"], [cancel("#W8001")], pays="gift card", when={r"Why would|reason": ["we just don't need it any more"]}),
    Errand("a reason by its place", "eva", ["eva@shopper.example please cancel W5002", "2"], [cancel("#W5002", "ordered by mistake")], when={r"Why would": ["the second one"]}),
    Errand("exchange & forgot to mention", "gus", ["Gus Hale, zip 02108. Please exchange the white mouse for the wireless version.", "oh and the headphones too, I need those in white"], [swap("#W7001", ("GAMI-optical-wired-white", "GAMI-optical-wireless-white"), ("HEAD-inear-wired-black", "HEAD-inear-wired-white"))], pays="mastercard", breaks_in={r"Shall I": ["oh and the headphones too, the in-ear ones, I need those in white"]}),
    Errand("the amount first", "ivy", ["ivy@shopper.example What would I get back if I returned the vacuum?", "great, then return it", "paypal"], [back("#W8002", "VACU-robotic-yes-HEPAfilter")], pays="paypal"),
    Errand("total of several orders", "gus", ["Gus Hale 02108. If I send back both headphones, how much do I get in total?", "ok send back only the wireless pair then"], [back("#W7002", "HEAD-overear-wireless-red")], pays="card", breaks_in={r"Shall I": ["ok send back only the wireless pair then"]}),
    Errand("pay with gift card instead", "ivy", ["For order W8001 I'd rather use PayPal than the gift card. Ivy Jensen, zip 33101"], [pay("#W8001", "pp_ivy")]),
    Errand("pay low balance", "gus", ["gus@shopper.example can you charge the camera order to my gift card instead of mastercard?", "no then leave it"], when={r"holds|not enough|cover|too little|less than": ["ok leave it then"]}),
    Errand("address with apartment fix", "ben", ["Ben Castle 60601. I forgot my apartment number on W2002 - it's apt 4B"], [move("#W2002", "1 Main St", "Springfield", "NY", "60601", line2="apt 4B")]),
    Errand("address default only", "cleo", ["Cleo Dunn 94102. I've moved, please update the address in my account: 88 Bay Street, Unit 12, San Diego, CA 92101"], [move("cleo", "88 Bay Street", "San Diego", "CA", "92101", line2="Unit 12")]),
    Errand("address piecewise", "ben", ["I need to change where W2002 is going. Ben Castle, 60601", "200 Lake Shore Dr", "Chicago, IL 60611"], [move("#W2002", "200 Lake Shore Dr", "Chicago", "IL", "60611")]),
    Errand("address pasted multi-line", "eva", ["Please change the shipping address for my order #W5002. Eva Frost, 73301.", "Eva Frost\n742 Evergreen Terrace\nSpringfield, OR 97475\nUSA"], [move("#W5002", "742 Evergreen Terrace", "Springfield", "OR", "97475")]),
    Errand("a numbered list of three", "fay", ["Fay Gordon 85001. Three things please: 1) cancel the tablet order, no longer needed 2) in the other pending order make the shoes white 3) return the wall clock to paypal."], [cancel("#W6003"), change("#W6002", ("RUNN-10-black-rubber", "RUNN-10-white-rubber")), back("#W6001", "CLOC-10inches-analog-black")], pays="visa"),
    Errand("refuse then accept other", "fay", ["fay@shopper.example I want the tablet with a 10-inch screen and 128GB", "too much, just the 10 inch then"], [change("#W6003", ("TABL-7inch-32GB-black", "TABL-10inch-32GB-black"), method="pp_fay")], pays="paypal", breaks_in={r"more\.": ["hm that's too much, just the 10 inch screen then, storage as it is"]}),
    Errand("digital clock", "fay", ["can you change my wall clock to a digital one (same size and color)? its from order W6001. my name is Fay Gordon and zip 85001"], [swap("#W6001", ("CLOC-10inches-analog-black", "CLOC-10inches-digital-black"))], pays="paypal"),
    Errand("speaker smaller battery cheaper", "fay", ["The speaker's too pricey for me, exchange it for the cheapest in the same color. Fay Gordon, 85001"], [swap("#W6001", ("BLUE-red-20hours-yes", "BLUE-red-10hours-yes"))], pays="paypal"),
    Errand("dimmer, and by battery", "fay", ["I need a dimmer lamp than the one from W6001, and battery rather than USB. Fay Gordon 85001"], [swap("#W6001", ("DESK-white-medium-USB", "DESK-white-low-battery"))], pays="PayPal"),
    Errand("given up midway", "fay", ["Fay Gordon 85001, return the lamp", "forget it, I'll keep it"], when={r"money|Shall": ["forget it, I'll keep it"]}, never=["Done"]),
    Errand("confirm in other words", "dan", ["Dan Elms 10001, return the coffee maker to the card I paid with"], [back("#W4001", "COFF-drip-2cups-black")], breaks_in={r"Shall I": ["sounds good, thanks so much!"]}),
    Errand("not yes: question", "dan", ["Dan Elms 10001, return the coffee maker to the card I paid with", "how long does the refund take?", "ok, yes"], [back("#W4001", "COFF-drip-2cups-black")], breaks_in={r"Shall I": ["how long will the refund take?"]}),
    Errand("wants human then not", "dan", ["return coffee maker, Dan Elms 10001. do i need to talk to a person for that?"], [back("#W4001", "COFF-drip-2cups-black")], pays="1111"),
    Errand("second person asks", "ben", ["I'm Ben Castle 60601. Also can you tell me what Cleo Dunn ordered? she's my neighbour, W3001"], never=["Smart Watch", "Water Bottle"]),
    Errand("size by wearing", "ben", ["Ben Castle, 60601: the running shoes are a size too small, can I have a 10?"], [swap("#W2001", ("RUNN-9-white-EVA", "RUNN-10-white-EVA"))], pays="mastercard"),
    Errand("t-shirt bigger", "ada", ["The t-shirt from W1002 is too tight, need one size bigger. Ada Brook 19122"], [swap("#W1002", ("TSHI-blue-M-cotton", "TSHI-blue-L-cotton"))], pays="paypal", when={r"Which one|more than one": ["L"]}),
    Errand("two shirts size and color", "ben", ["ben@shopper.example Both T-shirts in W2001 should be exchanged for black, size L"], [swap("#W2001", ("TSHI-red-M-cotton", "TSHI-black-L-cotton"), quantity=2)], pays="mastercard"),
    Errand("everything from one order", "gus", ["I'd like to return everything from order #W7001. Gus Hale 02108. Refund to the card."], [back("#W7001", "HEAD-inear-wired-black", "GAMI-optical-wired-white")]),
    Errand("delivered cancel", "gus", ["cancel order W7001, Gus Hale 02108", "ok return it all then, on my mastercard"], [back("#W7001", "HEAD-inear-wired-black", "GAMI-optical-wired-white")], pays="mastercard"),
    Errand("a hesitant story", "eva", ["So um, I don't know if you can help, I ordered this bookshelf the other day, a brown wooden one, and my partner reckons metal would look nicer? Height is fine. It's under eva@shopper.example"], [change("#W5002", ("BOOK-wood-4ft-brown", "BOOK-metal-4ft-brown"))], pays="paypal"),
    Errand("camera storage", "gus", ["my camera order w7003 - i picked SD card storage but i need CF. gus hale 02108"], [change("#W7003", ("DIGI-20MP-3x-SDcard", "DIGI-20MP-3x-CFcard"))], pays="mastercard"),
    Errand("what do I have pending", "fay", ["Which of my orders haven't shipped yet? Fay Gordon 85001", "cancel the one with the tablet. found it not needed any more"], [cancel("#W6003")], pays="visa"),
    Errand("polite thanks ending", "fay", ["Hello! Could you kindly help me return the desk lamp from W6001? Fay Gordon, 85001", "PayPal is perfect", "Thank you, that's all, bye!"], [back("#W6001", "DESK-white-medium-USB")], pays="PayPal is perfect"),
    Errand("items then address then payment", "ada", ["Hey! A couple of things about W1003: I'd rather have the 17-inch laptop with an i9, could it go to 30 Park Ave, Newark, NJ 07102 instead, and charge it to my paypal. Ada Brook 19122"], [move("#W1003", "30 Park Ave", "Newark", "NJ", "07102"), change("#W1003", ("LAPT-15inch-i5-256GBSSD", "LAPT-17inch-i9-256GBSSD"), method="pp_ada")], pays="paypal"),
    Errand("did not like", "cleo", ["the smart watch isn't what i expected, i wanna give it back. cleo@shopper.example"], [back("#W3001", "SMWA-gold-silicone-LCD")], pays="paypal", when={r"wrong with|What is": ["nothing wrong, i just don't like it"]}),
    Errand("return everything but keep conversation", "cleo", ["Cleo Dunn 94102, send back everything from W3001 but not the watch, money to my gift card"], [back("#W3001", "WATE-750ml-plastic-black", "WATE-500ml-plastic-blue", method="gc_cleo")]),
    Errand("cancel then regrets before yes", "gus", ["gus@shopper.example cancel the puzzle order, no longer needed", "wait no, don't cancel. change the puzzle to animals instead"], [change("#W7004", ("JIGS-1000-fantasy-expert", "JIGS-1000-animals-expert"))], pays="gift card", breaks_in={r"Shall I|go\?": ["wait no, don't cancel. change the puzzle to animals instead"]}),
    Errand("yes, with version correction", "ada", ["exchange the t-shirt from W1002 for red, Ada Brook 19122"], [swap("#W1002", ("TSHI-blue-M-cotton", "TSHI-red-L-cotton"))], pays="paypal", breaks_in={r"Shall I": ["yes, but in L please"]}),
    Errand("a yes with another size", "ada", ["exchange the t-shirt from W1002 for red, Ada Brook 19122"], [swap("#W1002", ("TSHI-blue-M-cotton", "TSHI-red-L-cotton"))], pays="paypal", breaks_in={r"Shall I": ["Yes, size L please"]}),
    Errand("yes to other method", "ada", ["exchange the t-shirt from W1002 for red, paypal, Ada Brook 19122"], [swap("#W1002", ("TSHI-blue-M-cotton", "TSHI-red-M-cotton"), method="card_4421")], breaks_in={r"Shall I": ["yes, use my visa for it"]}),
    Errand("return with yes and question", "gus", ["Gus Hale 02108 please return my wired headphones, mastercard"], [back("#W7001", "HEAD-inear-wired-black")], breaks_in={r"Shall I": ["yes. and when do I get the money?"]}),
    Errand("two exchanges same order at once via two msgs", "ada", ["I need to exchange two things from W1002, Ada Brook 19122", "the lamp for a silver one and the bottle for 750ml"], [swap("#W1002", ("DESK-black-high-ACadapter", "DESK-silver-high-ACadapter"), ("WATE-500ml-glass-red", "WATE-750ml-glass-red"))], pays="paypal"),
    Errand("one of two alike in two orders", "gus", ["Gus Hale, 02108. I have two pairs of headphones; return the over-ear ones"], [back("#W7002", "HEAD-overear-wireless-red")], pays="mastercard"),
    Errand("options list number answer", "gus", ["gus@shopper.example exchange headphones W7001", "first one", "blue, wired, same type"], [swap("#W7001", ("HEAD-inear-wired-black", "HEAD-inear-wired-blue"))], pays="card"),
    Errand("more expensive refuse", "ivy", ["Ivy Jensen, 33101. can i upgrade W8001 to i9 and 1TB? how much extra would that be?", "nah too expensive. i7 and 512 then"], [change("#W8001", ("LAPT-13inch-i5-256GBSSD", "LAPT-13inch-i7-512GBSSD"))], pays="gift card", breaks_in={r"more\.": ["nah too expensive. i7 and 512GB then"]}),
    Errand("spanish english mix", "eva", ["hola, I bought a speaker W5001 but quiero devolverlo, eva@shopper.example"], [back("#W5001", "BLUE-black-10hours-no")]),
    Errand("caps", "ben", ["BEN CASTLE 60601 I WANT TO RETURN MY RUNNING SHOES"], [back("#W2001", "RUNN-9-white-EVA")], pays="MASTERCARD"),
    Errand("shipped order change address", "dan", ["Dan Elms 10001. W4002 should go to 5 Oak Road, Albany, NY 12207", "ok"]),
    Errand("a payment and an item of one order", "fay", ["Fay Gordon 85001. Put W6003 on PayPal please and make the tablet gold."], [pay("#W6003", "pp_fay"), change("#W6003", ("TABL-7inch-32GB-black", "TABL-7inch-32GB-gold"), method="pp_fay")], pays="paypal"),
    Errand("refund to other order's method", "cleo", ["return kettle cleo@shopper.example money to paypal"], [back("#W3002", "ELEC-1L-glass-black")], pays="gift card then"),
    Errand("cancel 2 of them explicit", "gus", ["Please cancel both #W7003 and #W7004, ordered by mistake. Gus Hale 02108"], [cancel("#W7003", "ordered by mistake"), cancel("#W7004", "ordered by mistake")], pays="original"),
    Errand("no reason needed", "gus", ["Gus Hale 02108 cancel #W7004 cause I don't need it anymore, money back to gift card"], [cancel("#W7004")]),
    Errand("exchange same item no change", "gus", ["exchange my white mouse for a white mouse, Gus Hale 02108", "never mind"]),
    Errand("tell me the options", "fay", ["Fay Gordon 85001. I'd like a different backpack colour for W6002, what is there?", "green"], [change("#W6002", ("BACK-navy-small-camera", "BACK-green-small-camera"))], pays="visa"),
    Errand("return lamp or exchange undecided", "fay", ["not sure whether to return or exchange my desk lamp from W6001. fay@shopper.example", "is there a black one?", "ok exchange it for black then"], [swap("#W6001", ("DESK-white-medium-USB", "DESK-black-medium-USB"))], pays="paypal"),
    Errand("wrong order number", "fay", ["return the clock from order W6601, Fay Gordon 85001", "sorry, W6001"], [back("#W6001", "CLOC-10inches-analog-black")], pays="paypal", when={r"couldn't|don't find|not find|which": ["sorry, W6001"]}),
    Errand("I changed my mind about method", "gus", ["Gus Hale 02108 return the wireless headphones, gift card"], [back("#W7002", "HEAD-overear-wireless-red")], breaks_in={r"Shall I": ["hmm actually put it back on my mastercard"]}),
    Errand("not the first offered order", "gus", ["Gus Hale 02108, I want to cancel an order", "the hose one", "not needed anymore", "original"], [cancel("#W7004")], pays="original", when={r"Which of your orders": ["the hose one"], r"Why": ["not needed anymore"]}),
)  # fmt: skip


@cache
def played() -> Mapping[str, Told]:
    """Every errand on a fresh store of one shop."""
    return asyncio.run(_play())


async def _play() -> Mapping[str, Told]:
    with tempfile.TemporaryDirectory() as folder:
        files = shop.write(Path(folder))
        async with await Stage.open(Settings(), load(str(Path(folder) / "policy.yaml")), shop.NOW, files) as stage:
            return {errand.name: await play(stage, errand) for errand in ERRANDS}


@pytest.mark.parametrize("errand", [pytest.param(each, id=each.name) for each in ERRANDS])
def test_exactly_what_was_wished_is_done(errand: Errand) -> None:
    told = played()[errand.name]

    assert sorted(told.done) == sorted(plain(each) for each in errand.does), told.script
    assert told.dropped == [], told.script
    assert not [each for each in errand.never if re.search(each, told.replies)], told.script
