#!/usr/bin/env python3
"""Writes Interfaces/maps/tables/*.yaml: HL7 v2 table codes and the FHIR R4 codes that stand for them.

    make-map-tables.py CONCEPT-MAPS [OUTPUT]

CONCEPT-MAPS is the folder of concept-map CSVs of the HL7 v2-to-FHIR implementation guide (CC0-1.0,
github.com/HL7/v2-to-fhir, mappings/codesystems). OUTPUT defaults to Interfaces/maps/tables.

A row of the guide is kept if it has a v2 code and a FHIR code. `CURATED` below corrects the guide where its
code is not in the R4 value set the target element requires, adds codes that the guide leaves open, and
holds the tables the guide does not have. A curated value of None removes the guide's row.
"""
import csv
import json
import os
import re
import sys

V2 = "http://terminology.hl7.org/CodeSystem/v2-"
V3 = "http://terminology.hl7.org/CodeSystem/v3-"
THO = "http://terminology.hl7.org/CodeSystem/"
FHIR = "http://hl7.org/fhir/"

# name of our table: (name of the guide's concept map or None, number of the HL7 v2 table)
TABLES = {
    "AcknowledgmentCode": (None, "0008"),
    "AdditivePreservative": ("AdditivePreservative", "0371"),
    "AddressType-Type": ("AddressType[Type]", "0190"),
    "AddressType-Use": ("AddressType[Use]", "0190"),
    "AdministrationMethod": ("AdministrationMethod", "0165"),
    "AdministrativeSex": ("AdministrativeSex", "0001"),
    "AdmissionType": ("AdmissionType", "0007"),
    "AdmitSource": (None, "0023"),
    "AllergenType-Category": ("AllergenType[AllergyIntoleranceCategory]", "0127"),
    "AllergenType-Original": ("AllergenType[AllergyIntoleranceOriginalCategory]", "0127"),
    "AllergyClinicalStatus": (None, "0438"),
    "AllergyClinicalStatus-Verification": (None, "0438"),
    "AllergySeverity-Criticality": ("AllergySeverity[AllergyIntolerance.criticality]", "0128"),
    "AllergySeverity-Severity": ("AllergySeverity[AllergyIntolerance.reaction.severity]", "0128"),
    "AllergyType": ("AllergyType", "0127"),
    "AllowSubstitution": ("AllowSubstitution", "0161"),
    "AmbulatoryStatus": ("AmbulatoryStatus", "0009"),
    "AppointmentReasonCodes": ("AppointmentReasonCodes", "0276"),
    "AppointmentTypeCodes": ("AppointmentTypeCodes", "0277"),
    "BedStatus": ("BedStatus", "0116"),
    "BodyParts": ("BodyParts", "0550"),
    "BodySite": ("BodySite", "0163"),
    "CodingSystem": (None, "0396"),
    "CompletionStatus": ("CompletionStatus", "0322"),
    "CompletionStatus-Administration": (None, "0322"),
    "ConfidentialityCode": (None, "0177"),
    "ConfirmationStatus": (None, None),
    "ContactRole": ("ContactRole", "0131"),
    "CoverageType": (None, "0086"),
    "Currency": (None, None),
    "DegreeLicenseCertificate": ("DegreeLicenseCertificate", "0360"),
    "DiagnosisType": ("DiagnosisType", "0052"),
    "DiagnosisType-Verification": (None, "0052"),
    "DiagnosticServiceSectionID": ("DiagnosticServiceSectionID", "0074"),
    "DietKind": (None, "0159"),
    "DischargeDisposition": ("DischargeDisposition", "0112"),
    "DocumentAvailabilityStatus": (None, "0273"),
    "DocumentCompletionStatus": (None, "0271"),
    "DocumentConfidentialityStatus": ("DocumentConfidentialityStatus", "0272"),
    "EncounterPriority": ("EncounterPriority", "0217"),
    "EthnicGroup": (None, "0189"),
    "EventReason": ("EventReason", "0062"),
    "EventType": ("EventType", "0003"),
    "EventRelatedPeriod": ("EventRelatedPeriod", "0528"),
    "ExtendedPriorityCodes": ("ExtendedPriorityCodes", "0485"),
    "FillerStatusCodes-Participation": (None, "0278"),
    "GoalLifeCycle": (None, None),
    "HospitalService": ("HospitalService", "0069"),
    "IdentifierType": ("IdentifierType", "0203"),
    "InterpretationCodes": ("InterpretationCodes", "0078"),
    "LivingWillCode": ("LivingWillCode", "0315"),
    "MaritalStatus": ("MaritalStatus", "0002"),
    "ModeOfArrivalCode": ("ModeOfArrivalCode", "0430"),
    "NameAssemblyOrder": ("NameAssemblyOrder", "0444"),
    "NameType": ("NameType", "0200"),
    "NatureOfAbnormalTesting": ("NatureOfAbnormalTesting", "0080"),
    "ObservationStatus": ("ObservationResultStatusCodesInterpretation", "0085"),
    "OrderControlCode": (None, "0119"),
    "OrderControlCode-Medication": (None, "0119"),
    "OrderControlCode-Status": ("OrderControlCode[ServiceRequest.status]", "0119"),
    "OrderStatus": (None, "0038"),
    "OrderControlCode-Supply": (None, "0119"),
    "OrderStatus-Supply": (None, "0038"),
    "OrderStatus-Dispense": (None, "0038"),
    "OrderStatus-Medication": (None, "0038"),
    "OrderType": ("OrderType", "0482"),
    "PathwayLifeCycle": (None, None),
    "PatientClass": ("PatientClass[EncounterClass]", "0004"),
    "PersonLocationType": (None, "0305"),
    "PrimaryLanguage": ("PrimaryLanguage", "0296"),
    "ProblemLifeCycle": (None, None),
    "ProcedureFunctionalType": (None, "0230"),
    "ProviderRole": ("ProviderRole", "0443"),
    "QuantityComparator": (None, None),
    "QueryPriority": (None, "0091"),
    "Race": (None, "0005"),
    "ReadmissionIndicator": ("ReadmissionIndicator", "0092"),
    "ReferralPriority": (None, "0280"),
    "ReferralStatus": (None, "0283"),
    "Relationship": ("Relationship", "0063"),
    "Relationship-Subscriber": (None, "0063"),
    "Religion": ("Religion", "0006"),
    "RepeatPattern": ("RepeatPattern", "0335"),
    "ResultStatus": ("ResultStatus[Non-Queries]", "0123"),
    "ResultStatus-Request": (None, "0123"),
    "RouteOfAdministration": ("RouteOfAdministration", "0162"),
    "RXComponentType": (None, "0166"),
    "SpecimenCollectionMethod": ("SpecimenCollectionMethod", "0488"),
    "SpecimenCondition": ("SpecimenCondition", "0493"),
    "SpecimenRejectReason": ("SpecimenRejectReason", "0490"),
    "SpecimenStatus": (None, "0370"),
    "SpecimenType": ("SpecimenType", "0487"),
    "TelecommunicationEquipmentType": ("TelecommunicationEquipmentType", "0202"),
    "TelecommunicationEquipmentType-Use": (None, "0202"),
    "TelecommunicationUseCode": ("TelecommunicationUseCode", "0201"),
    "TelecommunicationUseCode-System": (None, "0201"),
    "TimeUnit": (None, None),
    "TransactionType": (None, "0017"),
    "YesNoIndicator": ("YesNoIndicator", "0136"),
    "YesNoIndicator-Availability": ("YesNoIndicator[AvailabilityStatus]", "0136"),
}

# Tables whose words senders write in any case.
IGNORE_CASE = {
    "AppointmentReasonCodes", "AppointmentTypeCodes", "FillerStatusCodes-Participation",
    "AddressType-Use", "ConfirmationStatus", "GoalLifeCycle", "PathwayLifeCycle", "ProblemLifeCycle", "TimeUnit", "AdministrativeSex", "CodingSystem", "MaritalStatus", "PrimaryLanguage", "Relationship",
    "TelecommunicationEquipmentType", "TelecommunicationUseCode", "YesNoIndicator",
}


def row(system, code, display=None):
    return {"code": code, "display": display, "system": system}


def rows(system, text):
    """Parses `v2=fhir:Display; …` lines; `v2:Display` keeps the code."""
    out = {}
    for item in re.split(r"[;\n]", text):
        item = item.strip()
        if not item:
            continue
        key, _, display = item.partition(":")
        source, _, target = key.partition("=")
        out[source.strip()] = row(system, (target or source).strip(), display.strip() or None)
    return out


ADDRESS = FHIR + "address-use"
CONTACT_SYSTEM = FHIR + "contact-point-system"
CONTACT_USE = FHIR + "contact-point-use"
NAME_USE = FHIR + "name-use"
MEDICATION_ADMIN = THO + "medication-admin-status"
MEDICATION_REQUEST = FHIR + "CodeSystem/medicationrequest-status"
OBSERVATION = FHIR + "observation-status"
REPORT = FHIR + "diagnostic-report-status"
REQUEST = FHIR + "request-status"
CDC_RACE = "urn:oid:2.16.840.1.113883.6.238"
COVERAGE = THO + "subscriber-relationship"

CURATED = {
    # Interfaces often send the words; PID-8 has been free text in some 2.1 and 2.2 systems.
    "AdministrativeSex": rows(FHIR + "administrative-gender", """
        female:Female; male:Male; X=other:Other; UN=unknown:Unknown; UNK=unknown:Unknown"""),
    "AddressType-Use": rows(ADDRESS, """
        P=home:Home; HOME=home:Home; WORK=work:Work; HV=home:Home; TMP=temp:Temporary"""),
    "AddressType-Type": rows(FHIR + "address-type", "BI=postal:Postal"),
    "AdmitSource": rows(V2 + "0023", """
        1:Physician referral; 2:Clinic referral; 3:HMO referral; 4:Transfer from a hospital
        5:Transfer from a skilled nursing facility; 6:Transfer from another health care facility
        7:Emergency room; 8:Court/law enforcement; 9:Information not available"""),
    "AllergySeverity-Criticality": rows(FHIR + "allergy-intolerance-criticality", """
        U=unable-to-assess:Unable to Assess Risk"""),
    # The guide leaves final diagnoses without a role.
    "DiagnosisType": rows(THO + "diagnosis-role", "F=DD:Discharge diagnosis"),
    # Whether who is asked to an appointment takes part, by its state.
    "FillerStatusCodes-Participation": rows(FHIR + "participationstatus", """
        Booked=accepted:Accepted; Confirmed=accepted:Accepted; Complete=accepted:Accepted; Started=accepted:Accepted
        Overbook=accepted:Accepted; Blocked=accepted:Accepted; Pending=needs-action:Needs Action
        Waitlist=needs-action:Needs Action; Cancelled=declined:Declined; Canceled=declined:Declined
        Deleted=declined:Declined; Discontinued=declined:Declined; Noshow=declined:Declined"""),
    "AcknowledgmentCode": rows(FHIR + "response-code", """
        AA=ok:OK; CA=ok:OK; AE=transient-error:Transient Error; CE=transient-error:Transient Error
        AR=fatal-error:Fatal Error; CR=fatal-error:Fatal Error"""),
    "AllergyClinicalStatus": rows(THO + "allergyintolerance-clinical", """
        C=active:Active; U=active:Active; P=active:Active; S=active:Active; I=inactive:Inactive; D=inactive:Inactive
        active:Active; inactive:Inactive; resolved:Resolved"""),
    "AllergyClinicalStatus-Verification": rows(THO + "allergyintolerance-verification", """
        C=confirmed:Confirmed; U=unconfirmed:Unconfirmed; P=unconfirmed:Unconfirmed; S=unconfirmed:Unconfirmed
        D=refuted:Refuted; E=entered-in-error:Entered in Error"""),
    # The guide has substitution codes for two of the values of table 0161.
    "CompletionStatus": rows(FHIR + "event-status", """
        CP=completed:Completed; PA=completed:Completed; NA=not-done:Not Done; RE=not-done:Not Done"""),
    "CompletionStatus-Administration": rows(MEDICATION_ADMIN, """
        CP=completed:Completed; PA=stopped:Stopped; NA=not-done:Not Done; RE=not-done:Not Done"""),
    # PRB-13 has no table of its own in HL7; these words are in use.
    "ConfirmationStatus": rows(THO + "condition-ver-status", """
        Confirmed=confirmed:Confirmed; C=confirmed:Confirmed; CF=confirmed:Confirmed; 410605003=confirmed:Confirmed
        Unconfirmed=unconfirmed:Unconfirmed; U=unconfirmed:Unconfirmed; Provisional=provisional:Provisional
        P=provisional:Provisional; Differential=differential:Differential; D=differential:Differential
        Refuted=refuted:Refuted; R=refuted:Refuted; Ruled out=refuted:Refuted"""),
    "Currency": {code: row("urn:iso:std:iso:4217", code) for code in (
        "AED ARS AUD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PEN "
        "PHP PLN RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR").split()},
    "DocumentAvailabilityStatus": rows(FHIR + "document-reference-status", """
        AV=current:Current; CA=entered-in-error:Entered in Error; OB=superseded:Superseded; UN=superseded:Superseded"""),
    "DocumentCompletionStatus": rows(FHIR + "composition-status", """
        DI=preliminary:Preliminary; DO=preliminary:Preliminary; IP=preliminary:Preliminary; IN=preliminary:Preliminary
        PA=preliminary:Preliminary; AU=final:Final; LA=final:Final"""),
    "GoalLifeCycle": rows(FHIR + "goal-status", """
        active:Active; proposed:Proposed; planned:Planned; accepted:Accepted; on-hold:On Hold; onhold=on-hold:On Hold
        completed:Completed; complete=completed:Completed; achieved=completed:Completed; met=completed:Completed
        cancelled:Cancelled; canceled=cancelled:Cancelled; rejected:Rejected; inactive=completed:Completed
        resolved=completed:Completed; discontinued=cancelled:Cancelled; suspended=on-hold:On Hold"""),
    # What a request to change a prescription says about it.
    "OrderControlCode-Medication": rows(MEDICATION_REQUEST, """
        NW=active:Active; RE=active:Active; SC=active:Active; SN=active:Active; XO=active:Active; XX=active:Active
        XR=active:Active; CH=active:Active; PA=active:Active; CN=completed:Completed; OE=active:Active; OR=active:Active
        RL=active:Active; RF=active:Active; AF=active:Active; NA=active:Active; OK=active:Active; RO=active:Active
        RP=active:Active; UA=cancelled:Cancelled; DE=entered-in-error:Entered in Error; CA=cancelled:Cancelled
        DC=stopped:Stopped; OC=cancelled:Cancelled; OD=stopped:Stopped; CR=cancelled:Cancelled; DR=stopped:Stopped
        DF=cancelled:Cancelled; HD=on-hold:On Hold; OH=on-hold:On Hold; HR=on-hold:On Hold; UC=active:Active"""),
    "OrderStatus-Medication": rows(MEDICATION_REQUEST, """
        A=active:Active; CA=cancelled:Cancelled; CM=completed:Completed; DC=stopped:Stopped
        ER=entered-in-error:Entered in Error; HD=on-hold:On Hold; IP=active:Active; RP=stopped:Stopped; SC=active:Active"""),
    "OrderStatus-Dispense": rows(THO + "medicationdispense-status", """
        A=in-progress:In Progress; CA=cancelled:Cancelled; CM=completed:Completed; DC=stopped:Stopped
        ER=entered-in-error:Entered in Error; HD=on-hold:On Hold; IP=in-progress:In Progress; SC=preparation:Preparation"""),
    "OrderControlCode-Supply": rows(FHIR + "supplyrequest-status", """
        NW=active:Active; RE=active:Active; SC=active:Active; SN=active:Active; XO=active:Active; OK=active:Active
        CA=cancelled:Cancelled; OC=cancelled:Cancelled; CR=cancelled:Cancelled; UA=cancelled:Cancelled
        DC=cancelled:Cancelled; OD=cancelled:Cancelled; HD=suspended:Suspended; OH=suspended:Suspended; CN=completed:Completed"""),
    "OrderStatus-Supply": rows(FHIR + "supplyrequest-status", """
        A=active:Active; CA=cancelled:Cancelled; CM=completed:Completed; DC=cancelled:Cancelled
        ER=entered-in-error:Entered in Error; HD=suspended:Suspended; IP=active:Active; SC=active:Active"""),
    "EventRelatedPeriod": dict.fromkeys(("IC", "ICM", "ICD", "ICV")) | rows(V3 + "TimingEvent", """
        AC:before meal; ACM:before breakfast; ACD:before lunch; ACV:before dinner; HS:before sleep
        PC:after meal; PCM:after breakfast; PCD:after lunch; PCV:after dinner"""),
    "PathwayLifeCycle": rows(REQUEST, """
        active:Active; on-hold:On Hold; onhold=on-hold:On Hold; suspended=on-hold:On Hold; completed:Completed
        complete=completed:Completed; cancelled=revoked:Revoked; canceled=revoked:Revoked; revoked:Revoked
        inactive=completed:Completed; discontinued=revoked:Revoked"""),
    "ProblemLifeCycle": rows(THO + "condition-clinical", """
        active:Active; A=active:Active; acute=active:Active; chronic=active:Active; recurrence:Recurrence
        relapse:Relapse; inactive:Inactive; I=inactive:Inactive; remission:Remission; resolved:Resolved
        R=resolved:Resolved; 55561003=active:Active; 73425007=inactive:Inactive; 413322009=resolved:Resolved"""),
    "QueryPriority": rows(FHIR + "request-priority", "D=routine:Routine; I=urgent:Urgent; R=routine:Routine"),
    "ReferralPriority": rows(FHIR + "request-priority", "S=stat:STAT; A=asap:ASAP; R=routine:Routine"),
    "ReferralStatus": rows(REQUEST, "A=active:Active; P=active:Active; R=revoked:Revoked; E=completed:Completed"),
    "RXComponentType": {"A": row(V2 + "0166", "A", "Additive"), "B": row(V2 + "0166", "B", "Base")},
    "SpecimenStatus": rows(FHIR + "specimen-status", """
        I=available:Available; P=available:Available; O=available:Available; A=unavailable:Unavailable
        M=unavailable:Unavailable; T=available:Available; X=unavailable:Unavailable; R=available:Available
        L=available:Available; U=unavailable:Unavailable"""),
    "TimeUnit": {key: row("http://unitsofmeasure.org", value) for key, value in {
        "s": "s", "sec": "s", "min": "min", "h": "h", "hr": "h", "d": "d", "wk": "wk", "mo": "mo", "a": "a", "yr": "a"}.items()},
    "TransactionType": rows(FHIR + "chargeitem-status", """
        CG=billable:Billable; CD=not-billable:Not billable; PY=billed:Billed; AJ=billable:Billable; CO=billable:Billable
        C=billable:Billable; CR=entered-in-error:Entered in Error"""),
    "DietKind": rows(V2 + "0159", "D:Diet; S:Supplement; P:Preference"),
    "DiagnosisType-Verification": rows(THO + "condition-ver-status", """
        A=provisional:Provisional; W=provisional:Provisional; F=confirmed:Confirmed"""),
    # Table 0112 has no values of its own; US systems send the UB-04 patient discharge status.
    "DischargeDisposition": rows(THO + "discharge-disposition", """
        01=home:Home; 1=home:Home; 02=other-hcf:Other healthcare facility; 2=other-hcf:Other healthcare facility
        03=snf:Skilled nursing facility; 3=snf:Skilled nursing facility; 05=other-hcf:Other healthcare facility
        06=home:Home; 6=home:Home; 07=aadvice:Left against advice; 7=aadvice:Left against advice; 20=exp:Expired
        50=hosp:Hospice; 51=hosp:Hospice; 61=snf:Skilled nursing facility; 62=rehab:Rehabilitation
        63=long:Long-term care; 65=psy:Psychiatric hospital"""),
    # The guide lists the service-type value set here, without v2 codes.
    "HospitalService": rows(V2 + "0069", """
        MED:Medical Service; SUR:Surgical Service; URO:Urology Service; PUL:Pulmonary Service; CAR:Cardiac Service"""),
    "EthnicGroup": rows(CDC_RACE, """
        H=2135-2:Hispanic or Latino; N=2186-5:Not Hispanic or Latino
        2135-2:Hispanic or Latino; 2186-5:Not Hispanic or Latino""") | rows(V3 + "NullFlavor", "U=UNK:Unknown"),
    "QuantityComparator": {sign: row(FHIR + "quantity-comparator", sign) for sign in ("<", "<=", ">=", ">")},
    "Race": rows(CDC_RACE, """
        1002-5:American Indian or Alaska Native; 2028-9:Asian; 2054-5:Black or African American
        2076-8:Native Hawaiian or Other Pacific Islander; 2106-3:White; 2131-1:Other Race
        W=2106-3:White; B=2054-5:Black or African American; A=2028-9:Asian
        I=1002-5:American Indian or Alaska Native; O=2131-1:Other Race; WHITE=2106-3:White"""),
    "MaritalStatus": rows(V3 + "MaritalStatus", """
        SIN=S:Never Married; SINGLE=S:Never Married; MAR=M:Married; MARRIED=M:Married; DIV=D:Divorced; WID=W:Widowed"""),
    "NameType": rows(NAME_USE, """
        BAD=old:Old; N=nickname:Nickname; S=anonymous:Anonymous; NOUSE=old:Old
        NAV=temp:Temp; I=official:Official; MSK=anonymous:Anonymous; CURRENT=usual:Usual; LEGAL=official:Official"""),
    # OBX-11: what the guide leaves open, decided. R and S are results that a person has not verified.
    "ObservationStatus": rows(OBSERVATION, """
        B=final:Final; I=registered:Registered; N=cancelled:Cancelled; O=registered:Registered
        R=preliminary:Preliminary; S=preliminary:Preliminary; U=final:Final; V=final:Final
        D=entered-in-error:Entered in Error; X=cancelled:Cancelled"""),
    # The guide leaves A, M, N, Y and Z open.
    "ResultStatus": rows(REPORT, """
        A=partial:Partial; M=preliminary:Preliminary; N=registered:Registered; R=partial:Partial; S=registered:Registered
        C=corrected:Corrected; F=final:Final; P=preliminary:Preliminary; I=registered:Registered; O=registered:Registered
        X=cancelled:Cancelled; Y=unknown:Unknown; Z=unknown:Unknown"""),
    # What the state of the result says about the order that asked for it.
    "ResultStatus-Request": rows(REQUEST, """
        F=completed:Completed; C=completed:Completed; X=revoked:Revoked; O=active:Active; I=active:Active; S=active:Active
        P=active:Active; A=active:Active; R=active:Active; M=active:Active; N=active:Active"""),
    # The guide has CA and HD, which ask for a change, as active; the order is no longer acted on.
    "OrderControlCode-Status": rows(REQUEST, """
        NW=active:Active; RE=completed:Completed; SC=active:Active; SN=active:Active; XO=active:Active; XX=active:Active
        XR=active:Active; CH=active:Active; PA=active:Active; CN=completed:Completed; OE=active:Active; OR=active:Active
        RL=active:Active; UA=revoked:Revoked; RU=active:Active; NA=active:Active; DE=entered-in-error:Entered in Error
        CA=revoked:Revoked; DC=revoked:Revoked; OC=revoked:Revoked; OD=revoked:Revoked; CR=revoked:Revoked
        DR=revoked:Revoked; HD=on-hold:On Hold; OH=on-hold:On Hold; HR=on-hold:On Hold"""),
    "OrderStatus": rows(REQUEST, """
        A=active:Active; CA=revoked:Revoked; CM=completed:Completed; DC=revoked:Revoked; ER=entered-in-error:Entered in Error
        HD=on-hold:On Hold; IP=active:Active; RP=revoked:Revoked; SC=active:Active"""),
    "OrderControlCode": rows(V3 + "DataOperation", """
        NW=CREATE:create; SC=UPDATE:revise; XO=UPDATE:revise; CA=CANCEL:cancel; OC=CANCEL:cancel"""),
    "PatientClass": rows(V3 + "ActCode", """
        E=EMER:emergency; I=IMP:inpatient encounter; O=AMB:ambulatory; P=PRENC:pre-admission
        OBS=OBSENC:observation encounter; OUTPATIENT=AMB:ambulatory
        INPATIENT=IMP:inpatient encounter; EMERGENCY=EMER:emergency; H=HH:home health; V=VR:virtual"""),
    "Relationship": rows(V3 + "RoleCode", """
        MOTHER=MTH:mother; FATHER=FTH:father; PARENT=PRN:parent; SPOUSE=SPS:spouse; WIFE=WIFE:wife; HUSBAND=HUSB:husband
        CHILD=CHILD:child; SON=SONC:son; DAUGHTER=DAUC:daughter; BROTHER=BRO:brother; SISTER=SIS:sister
        SIBLING=SIB:sibling; FRIEND=FRND:unrelated friend; GRANDPARENT=GRPRN:grandparent; SELF=ONESELF:self"""),
    "Relationship-Subscriber": rows(COVERAGE, """
        SEL=self:Self; SPO=spouse:Spouse; DOM=common:Common Law Spouse; CHD=child:Child; NCH=child:Child; SCH=child:Child
        FCH=child:Child; PAR=parent:Parent; MTH=parent:Parent; FTH=parent:Parent; OTH=other:Other; UNK=other:Other
        GCH=other:Other; GRP=other:Other; SIB=other:Other; BRO=other:Other; SIS=other:Other; EXF=other:Other
        WRD=other:Other; DEP=other:Other; LPA=common:Common Law Spouse
        18=self:Self; 01=spouse:Spouse; 19=child:Child; G8=other:Other"""),
    # The guide puts `mobile` among the systems; it is a use.
    "TelecommunicationEquipmentType": rows(CONTACT_SYSTEM, """
        CP=phone:Phone; SAT=phone:Phone; TDD=phone:Phone; TTY=phone:Phone; Internet=email:Email
        X.400=email:Email; MD=other:Other; VCL=phone:Phone"""),
    "TelecommunicationEquipmentType-Use": rows(CONTACT_USE, "CP=mobile:Mobile"),
    "TelecommunicationUseCode": rows(CONTACT_USE, """
        ORN=home:Home; VHN=temp:Temp; HOME=home:Home; WORK=work:Work; MOBILE=mobile:Mobile; PRS=mobile:Mobile"""),
    "TelecommunicationUseCode-System": rows(CONTACT_SYSTEM, """
        NET=email:Email; BPN=pager:Pager; PRN=phone:Phone; ORN=phone:Phone; WPN=phone:Phone; VHN=phone:Phone
        ASN=phone:Phone; EMR=phone:Phone"""),
    "YesNoIndicator": {key: row(None, value) for key, value in
                       {"Y": "true", "N": "false", "Yes": "true", "No": "false"}.items()},
    "CoverageType": rows(V3 + "ActCode", """
        HMO:health maintenance organization policy; PPO:preferred provider organization policy
        POS:point of service policy"""),
    "ConfidentialityCode": rows(V3 + "Confidentiality", """
        V=V:very restricted; R=R:restricted; U=N:normal; EMP=R:restricted; UWM=R:restricted; VIP=R:restricted
        AID=R:restricted; HIV=R:restricted; PSY=R:restricted; ETH=R:restricted"""),
    "ProcedureFunctionalType": rows(V2 + "0230", """
        A:Anesthesia; P:Procedure for treatment (therapeutic, including operations); I:Invasive procedure not classified elsewhere
        D:Diagnostic procedure"""),
    "PersonLocationType": rows(V2 + "0305", """
        C:Clinic; D:Department; H:Home; N:Nursing Unit; O:Provider's Office; P:Phone; S:SNF"""),
    # The guide has no codes here. Two-letter codes are BCP 47 already.
    "PrimaryLanguage": rows("urn:ietf:bcp:47", """
        en:English; eng=en:English; english=en:English; es:Spanish; spa=es:Spanish; spanish=es:Spanish
        fr:French; fra=fr:French; fre=fr:French; french=fr:French; de:German; deu=de:German; ger=de:German
        it:Italian; ita=it:Italian; pt:Portuguese; por=pt:Portuguese; nl:Dutch; dut=nl:Dutch; nld=nl:Dutch
        zh:Chinese; chi=zh:Chinese; zho=zh:Chinese; ja:Japanese; jpn=ja:Japanese; ko:Korean; kor=ko:Korean
        ru:Russian; rus=ru:Russian; ar:Arabic; ara=ar:Arabic; pl:Polish; pol=pl:Polish; vi:Vietnamese; vie=vi:Vietnamese
        hi:Hindi; hin=hi:Hindi; tr:Turkish; tur=tr:Turkish; el:Greek; gre=el:Greek; he:Hebrew; heb=he:Hebrew"""),
    # Coding system names of table 0396 and others in use, and the URIs that FHIR and terminology.hl7.org give them.
    "CodingSystem": {name: row(None, uri) for uri, names in {
        "http://loinc.org": "LN LOINC LNC",
        "http://snomed.info/sct": "SCT SNOMED SNOMED-CT SNOMEDCT",
        "http://hl7.org/fhir/sid/icd-9-cm": "I9 I9C I9CDX I9CD ICD9 ICD-9 ICD-9-CM ICD9CM I9CP",
        "http://hl7.org/fhir/sid/icd-10": "I10 ICD10 ICD-10",
        "http://hl7.org/fhir/sid/icd-10-cm": "I10C ICD-10-CM ICD10CM",
        "http://www.cms.gov/Medicare/Coding/ICD10": "I10P ICD10PCS ICD-10-PCS",
        "http://www.ama-assn.org/go/cpt": "C4 CPT CPT4 CPT-4",
        "http://hl7.org/fhir/sid/cvx": "CVX",
        "http://hl7.org/fhir/sid/mvx": "MVX",
        "http://hl7.org/fhir/sid/ndc": "NDC",
        "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM RXN",
        "http://unitsofmeasure.org": "UCUM",
        "http://fdasis.nlm.nih.gov": "UNII",
        "http://www.whocc.no/atc": "WC ATC",
        "urn:iso:std:iso:3166": "ISO3166 ISO3166_1 ISO3166-1 ISO3166_2",
        "urn:ietf:bcp:47": "BCP47 RFC3066",
        "http://id.loc.gov/vocabulary/iso639-1": "ISO639 ISO639-1",
        CDC_RACE: "CDCREC CDCRE",
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS HPC",
        "urn:iso:std:iso:11073:10101": "MDC",
        "http://terminology.hl7.org/CodeSystem/v3-NullFlavor": "NULLFL",
        "http://dicom.nema.org/resources/ontology/DCM": "DCM",
    }.items() for name in names.split()},
}


def guide_rows(folder, name):
    """The guide's v2 code to FHIR coding, in its order; nothing for a row without either code or with a condition."""
    for file in sorted(os.listdir(folder)):
        if file.startswith("HL7 Concept Map_ " + name + " - "):
            break
    else:
        sys.exit(f"{folder}: no concept map {name}; give the guide's mappings/codesystems folder")
    out = {}
    with open(os.path.join(folder, file), encoding="utf-8-sig", newline="") as text:
        lines = list(csv.reader(text))[2:]
    for line in lines:
        line = [" ".join(cell.split()) for cell in line] + [""] * 10
        source, display, target, system = line[0], line[8], line[6], line[9]
        if not source or not target or "<" in source and len(source) > 2 or source in out:
            continue
        out[source] = row(system.strip("'\"") or None, target, display or None)
    return out


def scalar(text):
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_./()&' -]*[A-Za-z0-9)]|[A-Za-z]", text)
    if plain and text.lower() not in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}:
        return text
    if re.fullmatch(r"(https?|urn):[^\s#,\[\]{}]+", text):
        return text
    return json.dumps(text, ensure_ascii=False)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Interfaces", "maps", "tables")
    output = sys.argv[2] if len(sys.argv) > 2 else default
    os.makedirs(output, exist_ok=True)
    for name, (concept_map, number) in TABLES.items():
        codes = guide_rows(folder, concept_map) if concept_map else {}
        for key, value in CURATED.get(name, {}).items():
            if value is None:
                codes.pop(key, None)
            else:
                codes[key] = value
        if not codes:
            continue
        lines = [f"table: {name}"] + ([f'v2: "{number}"'] if number else []) \
            + (["ignoreCase: true"] if name in IGNORE_CASE else []) + ["codes:"]
        for key in codes:
            parts = [f"{part}: {scalar(value)}" for part, value in codes[key].items() if value]
            lines.append(f"  {scalar(key)}: {{ {', '.join(parts)} }}")
        with open(os.path.join(output, name + ".yaml"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
