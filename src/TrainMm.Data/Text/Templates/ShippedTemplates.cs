namespace TrainMm.Data.Text.Templates;

/// <summary>LLaVA's first stage: the media, then the caption and a line break (arXiv 2304.08485, section 4.2; <c>conv_llava_plain</c>).</summary>
public sealed class PlainTemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public PlainTemplateOptions()
    {
        DiscardPrompt = true;
        AnswerSuffix = "\n";
    }
}

/// <summary>Vicuna's first turns, which end with three hashes (FastChat's v0; LLaVA's <c>conv_vicuna_v0</c>, which calls the user a human).</summary>
public sealed class VicunaV0TemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public VicunaV0TemplateOptions()
    {
        System = SystemPrompts.VicunaHuman;
        SystemSuffix = "###";
        UserPrefix = "Human: ";
        UserSuffix = "###";
        AssistantPrefix = "Assistant:";
        AnswerPrefix = " ";
        AnswerSuffix = "###";
        Media = MediaPlacement.First;
        MediaSeparator = "\n";
    }
}

/// <summary>Vicuna 1.1's turns with the system prompt of LLaVA 1.5 (arXiv 2310.03744; <c>conv_vicuna_v1</c>).</summary>
public sealed class VicunaV1TemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public VicunaV1TemplateOptions()
    {
        System = SystemPrompts.VicunaUser;
        SystemSuffix = " ";
        UserPrefix = "USER: ";
        UserSuffix = " ";
        AssistantPrefix = "ASSISTANT:";
        AnswerPrefix = " ";
        Media = MediaPlacement.First;
        MediaSeparator = "\n";
    }
}

/// <summary>Vicuna 1.1's turns with the wording of LLaVA's first 1.x models, in which the user is a human (<c>conv_llava_v1</c>).</summary>
public sealed class LlavaV1TemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public LlavaV1TemplateOptions()
    {
        System = SystemPrompts.VicunaHuman;
        SystemSuffix = " ";
        UserPrefix = "USER: ";
        UserSuffix = " ";
        AssistantPrefix = "ASSISTANT:";
        AnswerPrefix = " ";
        Media = MediaPlacement.First;
        MediaSeparator = "\n";
    }
}

/// <summary>LLaMA-2's chat turns with LLaVA's system prompt (arXiv 2307.09288, appendix A.3.3; <c>conv_llava_llama_2</c>).</summary>
public sealed class Llama2TemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public Llama2TemplateOptions()
    {
        Begin = string.Empty;
        System = SystemPrompts.LlavaVision;
        SystemPrefix = "<<SYS>>\n";
        SystemSuffix = "\n<</SYS>>\n\n";
        SystemInFirstTurn = true;
        UserPrefix = "{bos}[INST] ";
        UserSuffix = " [/INST]";
        AnswerPrefix = " ";
        AnswerSuffix = " {eos}";
        Media = MediaPlacement.First;
        MediaSeparator = "\n";
    }
}

/// <summary>LLaMA-3's chat turns (arXiv 2407.21783, Meta's model card) with LLaVA's system prompt (<c>conv_llava_llama_3</c>).</summary>
public sealed class Llama3TemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public Llama3TemplateOptions()
    {
        System = SystemPrompts.LlavaVision;
        SystemPrefix = "<|start_header_id|>system<|end_header_id|>\n\n";
        SystemSuffix = "<|eot_id|>";
        UserPrefix = "<|start_header_id|>user<|end_header_id|>\n\n";
        UserSuffix = "<|eot_id|>";
        AssistantPrefix = "<|start_header_id|>assistant<|end_header_id|>\n\n";
        AnswerSuffix = "<|eot_id|>";
        Media = MediaPlacement.First;
        MediaSeparator = "\n";
    }
}

/// <summary>MPT's chat turns as LLaVA has them: chat markup without line breaks between the turns (<c>conv_mpt</c>).</summary>
public sealed class MptTemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public MptTemplateOptions()
    {
        Begin = string.Empty;
        System = "A conversation between a user and an LLM-based AI assistant. The assistant gives helpful and honest answers.";
        SystemPrefix = "<|im_start|>system\n";
        SystemSuffix = "<|im_end|>";
        UserPrefix = "<|im_start|>user\n";
        UserSuffix = "<|im_end|>";
        AssistantPrefix = "<|im_start|>assistant\n";
        AnswerSuffix = "<|im_end|>";
        Media = MediaPlacement.First;
        MediaSeparator = "\n";
    }
}

/// <summary>Phi-2's turns as TinyLLaVA has them: Vicuna's, without a token before them (arXiv 2402.14289; its template <c>phi</c>).</summary>
public sealed class PhiTemplateOptions : TemplateOptions
{
    /// <summary>TinyLLaVA's defaults.</summary>
    public PhiTemplateOptions()
    {
        Begin = string.Empty;
        System = SystemPrompts.VicunaUser;
        SystemSuffix = " ";
        UserPrefix = "USER: ";
        UserSuffix = " ";
        AssistantPrefix = "ASSISTANT:";
        AnswerPrefix = " ";
        Media = MediaPlacement.First;
        MediaSeparator = "\n";
    }
}

/// <summary>OpenAI's chat markup, as Qwen and others use it.</summary>
public sealed class ChatMlTemplateOptions : TemplateOptions
{
    /// <summary>Qwen's defaults, without a system prompt.</summary>
    public ChatMlTemplateOptions()
    {
        Begin = string.Empty;
        SystemPrefix = "<|im_start|>system\n";
        SystemSuffix = "<|im_end|>\n";
        UserPrefix = "<|im_start|>user\n";
        UserSuffix = "<|im_end|>\n";
        AssistantPrefix = "<|im_start|>assistant\n";
        AnswerSuffix = "<|im_end|>";
        AnswerSeparator = "\n";
    }
}

/// <summary>T5's inputs and targets, each of which ends with the end token (arXiv 1910.10683, section 3.1.1); the media come first, as in BLIP-2 with Flan-T5 (arXiv 2301.12597). It has no prefix of a task or a mode: a question that wants one brings it.</summary>
public sealed class T5TemplateOptions : TemplateOptions
{
    /// <summary>T5's defaults.</summary>
    public T5TemplateOptions()
    {
        Begin = string.Empty;
        UserSuffix = "{eos}";
        Media = MediaPlacement.First;
        MediaSeparator = string.Empty;
    }
}

/// <summary>The user's own template: every text is written in the configuration.</summary>
public sealed class CustomTemplateOptions : TemplateOptions;
