using System.Text.Json;

namespace TrainMm.Data.Text.Tokenizers.PostProcessors;

/// <summary>Reads <c>tokenizer.json</c>'s <c>post_processor</c>. Offsets are not kept here, so <c>ByteLevel</c> does nothing.</summary>
internal static class PostProcessorReader
{
    /// <summary>Reads the post-processors in order; an absent component gives none.</summary>
    public static List<IPostProcessor> Read(ComponentNode node)
    {
        if (node.IsAbsent)
        {
            return [];
        }

        return node.Type switch
        {
            "Sequence" => [.. node.Items("processors").SelectMany(Read)],
            "ByteLevel" => [],
            "TemplateProcessing" => [ReadTemplate(node)],
            "BertProcessing" or "RobertaProcessing" => [new SurroundPostProcessor([PairId(node.Child("cls"))], [PairId(node.Child("sep"))])],
            _ => throw node.UnknownType("post-processor", "BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing"),
        };
    }

    private static SurroundPostProcessor ReadTemplate(ComponentNode node)
    {
        var before = new List<int>();
        var after = new List<int>();
        var target = before;
        foreach (var part in node.Items("single"))
        {
            var sequence = part.Child("Sequence");
            if (!sequence.IsAbsent)
            {
                target = ReferenceEquals(target, before) ? after : throw sequence.Fault("a template for one text names the text once");
                continue;
            }

            var name = part.Child("SpecialToken").Text("id");
            var token = node.Child("special_tokens").Child(name);
            if (token.IsAbsent)
            {
                throw part.Fault($"the special token '{name}' is not among special_tokens");
            }

            target.AddRange(token.Items("ids").Select(id => id.Element.GetInt32()));
        }

        return new SurroundPostProcessor(before, after);
    }

    private static int PairId(ComponentNode pair) => pair.Element.ValueKind == JsonValueKind.Array && pair.Element.GetArrayLength() == 2
        ? pair.Element[1].GetInt32()
        : throw pair.Fault("a pair of token and id is expected here");
}
