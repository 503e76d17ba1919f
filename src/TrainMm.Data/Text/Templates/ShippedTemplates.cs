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

/// <summary>Vicuna 1.1's turns with the system prompt of LLaVA 1.5 (arXiv 2310.03744; <c>conv_vicuna_v1</c>).</summary>
public sealed class VicunaV1TemplateOptions : TemplateOptions
{
    /// <summary>LLaVA's defaults.</summary>
    public VicunaV1TemplateOptions()
    {
        System = "A chat between a curious user and an artificial intelligence assistant. "
            + "The assistant gives helpful, detailed, and polite answers to the user's questions.";
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
        System = "You are a helpful language and vision assistant. You are able to understand the visual content that the user provides, "
            + "and assist the user with a variety of tasks using natural language.";
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

/// <summary>The user's own template: every text is written in the configuration.</summary>
public sealed class CustomTemplateOptions : TemplateOptions;
